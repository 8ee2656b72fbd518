import type { Execution } from '#models/execution.ts'
import { type ComputeStateName, computeStateNames, desiredStateNames } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { decodeJob } from './job.ts'
import { decodeResources } from './node.ts'
import { int64, type Wire } from './wire-json.ts'

/** An execution as the API shows it: newer servers send the job version along. */
export type ShownExecution = Execution & { Job?: Job }

/** Reads the numbers of states >= 1.5.2, which is what our client announces. */
export function decodeExecution(wire: Wire): ShownExecution {
  return {
    ...(wire as Execution),
    JobVersion: wire.JobVersion ?? 0,
    AllocatedResources: { Tasks: allocated(wire.AllocatedResources?.Tasks ?? {}) },
    DesiredState: {
      ...wire.DesiredState,
      StateType: desiredStateNames[wire.DesiredState?.StateType ?? 0] ?? 'Pending',
    },
    ComputeState: { ...wire.ComputeState, StateType: computeStateOf(wire.ComputeState?.StateType) },
    PublishedResult: wire.PublishedResult ?? null,
    RunOutput: wire.RunOutput ?? null,
    PartitionIndex: wire.PartitionIndex ?? 0,
    CreateTime: int64(wire.CreateTime),
    ModifyTime: int64(wire.ModifyTime),
    Attempt: wire.Attempt ?? 0,
    Epoch: wire.Epoch ?? 0,
    FailureClass: wire.FailureClass ?? '',
    StartTime: int64(wire.StartTime),
    ...(wire.Job ? { Job: decodeJob(wire.Job) } : {}),
  }
}

export const computeStateOf = (number: unknown): ComputeStateName =>
  computeStateNames[typeof number === 'number' ? number : 0] ?? 'Undefined'

const allocated = (tasks: Wire): Execution['AllocatedResources']['Tasks'] =>
  Object.fromEntries(Object.entries(tasks).map(([name, resources]) => [name, decodeResources(resources ?? {})]))
