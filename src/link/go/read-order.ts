import type { Wire } from '#api/decode/wire-json.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { jobShape } from '#models/job.schema.ts'
import { type Job, metaKeys } from '#models/job.ts'
import { normalizeJob } from '#models/job-normalize.schema.ts'
import { jobProblems } from '#models/job-problems.schema.ts'
import type { OrchestratorMessage, Origin } from '#models/messages/messages.ts'
import { problemText } from '#models/problem.ts'
import { Misread } from '#models/shape.schema.ts'
import { goSentence } from '#models/shape-fault.schema.ts'
import { executionIdOf, recordOf, textOf } from './checked.ts'

type Order = Extract<OrchestratorMessage, { Kind: 'AskForBid' }>

/** Enough of an order to answer it, even when the rest cannot be read. */
export type OrderHead = { executionId: ExecutionId; origin: Origin }

/** Throws a Fault BadRequest when the execution names no id of its own and of its job. */
export function readOrderHead(execution: Wire, from: string, waitsForApproval: boolean): OrderHead {
  const job = recordOf(execution.Job, 'Job')
  const meta = recordOf(job.Meta, 'Job.Meta')
  const requester = from || textOf(meta[metaKeys.orchestratorId] ?? meta[metaKeys.requesterId], 'Job.Meta')
  return {
    executionId: executionIdOf(execution.ID, 'Execution.ID'),
    origin: {
      JobID: jobIdOf(textOf(execution.JobID, 'Execution.JobID') || textOf(job.ID, 'Job.ID')),
      JobType: textOf(job.Type, 'Job.Type') as Job['Type'],
      RequesterID: requester,
      WaitsForApproval: waitsForApproval,
    },
  }
}

/**
 * An order of a Go orchestrator as ours: its job is read and checked as if a user had submitted it here.
 * Throws a Fault BadRequest that says what is wrong with it.
 */
export function readOrder(execution: Wire, { executionId, origin }: OrderHead, nodeId: NodeId): Order {
  const job = readJob(recordOf(execution.Job, 'Job'), origin.JobID)
  return {
    Kind: 'AskForBid',
    Body: { Execution: executionOf(execution, executionId, job, nodeId), Job: job, Origin: origin },
  }
}

function readJob(wire: Wire, id: JobId): Job {
  const draft = decoded(wire)
  // Newer orchestrators leave the network out when the job does not set it.
  const spec = normalizeJob(draft, { defaultNetwork: 'Default' })
  const problems = jobProblems(spec, id)
  if (problems.length > 0) throw new Fault('BadRequest', problemText(problems))
  const [createTime, modifyTime] = [draft.CreateTime ?? 0n, draft.ModifyTime ?? 0n]
  return {
    ...spec,
    ID: id,
    State: { StateType: 'Pending' },
    Version: Number(draft.Version ?? 0n),
    Revision: Number(draft.Revision ?? 0n),
    CreateTime: createTime,
    ModifyTime: modifyTime,
    VersionTime: modifyTime,
  }
}

function decoded(wire: Wire): ReturnType<typeof jobShape.decode> {
  try {
    return jobShape.decode(wire)
  } catch (error) {
    throw error instanceof Misread ? new Fault('BadRequest', goSentence(error)) : error
  }
}

/** What is kept of it here; the rest is the orchestrator's own. It knows no epochs: an id stands for one start only. */
const executionOf = (wire: Wire, id: ExecutionId, job: Job, nodeId: NodeId): Execution => ({
  ID: id,
  Namespace: job.Namespace,
  EvalID: '',
  Name: id,
  NodeID: nodeId,
  JobID: job.ID,
  JobVersion: job.Version,
  AllocatedResources: { Tasks: {} },
  DesiredState: { StateType: 'Pending' },
  ComputeState: { StateType: 'New' },
  PublishedResult: null,
  RunOutput: null,
  PreviousExecution: '',
  NextExecution: '',
  FollowupEvalID: '',
  PartitionIndex: partitionOf(wire.PartitionIndex),
  Revision: 1,
  CreateTime: job.CreateTime,
  ModifyTime: job.ModifyTime,
  Attempt: 1,
  Epoch: 0,
  FailureClass: '',
  StartTime: 0n,
})

function partitionOf(value: unknown): number {
  if (value === undefined || value === null) return 0
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new Fault('BadRequest', 'Execution.PartitionIndex must be a whole number, 0 or more')
}

/** Users may choose the ids of some jobs; they are part of names on this node, so they must not lead elsewhere. */
function jobIdOf(id: string): JobId {
  if (/^[^\s/\0]{1,255}$/.test(id)) return id as JobId
  throw new Fault('BadRequest', `Execution.JobID must be an id, not ${JSON.stringify(id.slice(0, 128))}`)
}
