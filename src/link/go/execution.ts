import type { ClientVersion } from '#api/client-version.ts'
import { encodeExecution } from '#api/encode/execution.ts'
import type { Execution } from '#models/execution.ts'
import type { DesiredStateName } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import type { Task } from '#models/task.ts'
import { wasmTaskFor } from './wasm-task.ts'

/**
 * An order as a Go node of this version reads it. A node of 1.4 crashes when the job, its network, time limits or
 * allocated resources are missing, one of 1.9 when `Meta` is: `encodeExecution` writes them all, in the words and numbers
 * of that generation. What is allocated is left empty, as nodes expect it: they count the task's resources themselves. The
 * execution is new to them; one of 1.9 that is not, by its state and revision, it acknowledges and never runs.
 * Fields that are ours stay, because Go nodes skip keys they do not know.
 */
export const goOrder = (execution: Execution, job: Job, desired: DesiredStateName, version: ClientVersion): string =>
  encodeExecution(
    {
      ...execution,
      AllocatedResources: { Tasks: {} },
      DesiredState: { StateType: desired },
      ComputeState: { StateType: 'New' },
      Revision: 1,
    },
    version,
    { ...job, Tasks: job.Tasks.map((task) => (isWasm(task) ? wasmTaskFor(task, version) : task)) },
  )

const isWasm = ({ Engine }: Task): boolean => Engine.Type.toLowerCase() === 'wasm'
