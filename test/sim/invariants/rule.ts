import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import type { Job, JobSpec } from '#models/job.ts'
import type { MachineFacts } from '../machine.ts'
import type { Witness } from '../witness.ts'
import type { DurableModel } from './durable-model.ts'

/** What a rule may look at: the rows as they are after the change, and what the machines saw. */
export type Seen = {
  model: DurableModel
  witness: Witness
  machines: ReadonlyMap<NodeId, MachineFacts>
  /** Machines that never come back. */
  isGone: (nodeId: NodeId) => boolean
  /** All that the client ever asked for, by mark. */
  asked: ReadonlyMap<string, JobSpec>
  /** The clock of the orchestrator's machine. */
  nowNs: () => bigint
}

export type JobStep = { before: Job | undefined; after: Job }
/** `job` in the version of the execution. */
export type ExecutionStep = { before: Execution | undefined; after: Execution; job: Job }

/** One sentence that must be true of every step; the answer says how it was broken. */
export type Rule<Step> = { invariant: string; broken: (step: Step, seen: Seen) => string | false | undefined }
