import type { Change } from '#contracts/store.ts'
import { assert } from '#lib/assert.ts'
import type { Execution } from '#models/execution.ts'
import { canMoveExecution, isTerminalExecution } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { canMoveJob } from '#models/job-state.ts'
import { executionLine, jobStateLines, requestedLine, startLines } from './history-lines.ts'
import { jobFor } from './job-types/more-memory.ts'
import type { ExecutionChange, Plan } from './plan.ts'

/** The transaction a plan becomes. `job` and the executions in the plan are what the reconciler saw. */
export const changeOf = (job: Job, plan: Plan, nowNs: bigint): Change => {
  const starts = plan.starts.map((execution) => asked(execution, plan.isBidReported))
  const changes = plan.changes.map((change) => ({ ...change, after: advanced(change, nowNs) }))
  const nextJob = plan.jobState ? moved(job, plan, nowNs) : undefined
  return {
    insertExecutions: starts,
    updateExecutions: changes.map(({ before, after }) => ({
      id: before.ID,
      expectedRevision: before.Revision,
      execution: after,
    })),
    ...(nextJob ? { updateJobs: [{ id: job.ID, expectedRevision: job.Revision, job: nextJob }] } : {}),
    history: [
      ...starts.flatMap((execution) => startLines(execution, plan.isBidReported)),
      ...(nextJob ? jobStateLines(nextJob, job.State.StateType, plan.jobState?.event) : []),
      ...starts.map(requestedLine),
      ...changes.map((change) => changeLine(change, change.after)),
    ],
    outbox: [
      ...starts.map((execution) => ({
        peer: execution.NodeID,
        message: {
          Kind: 'AskForBid' as const,
          Body: { Execution: execution, Job: jobFor(execution, nextJob ?? job) },
        },
      })),
      ...changes
        .filter((change) => change.isCancelSent)
        .map(({ before, after }) => ({
          peer: before.NodeID,
          message: {
            Kind: 'CancelExecution' as const,
            Body: { ExecutionID: before.ID, Reason: after.DesiredState.Message ?? '' },
          },
        })),
    ],
  }
}

const asked = (execution: Execution, isBidReported: boolean): Execution =>
  isBidReported ? { ...execution, ComputeState: { StateType: 'AskForBid' }, Revision: 2 } : execution

const advanced = ({ before, after }: ExecutionChange, nowNs: bigint): Execution => {
  const [from, to] = [before.ComputeState.StateType, after.ComputeState.StateType]
  assert(from === to || canMoveExecution(from, to), `execution ${before.ID} cannot move from ${from} to ${to}`)
  // An ended one keeps the time of its end.
  const ModifyTime = isTerminalExecution(from) ? before.ModifyTime : nowNs
  return { ...after, Revision: before.Revision + 1, ModifyTime }
}

const moved = (job: Job, plan: Plan, nowNs: bigint): Job => {
  const { event: _event, ...state } = plan.jobState as NonNullable<Plan['jobState']>
  const isSame = job.State.StateType === state.StateType
  assert(isSame || canMoveJob(job.State.StateType, state.StateType), `job ${job.ID} cannot move to ${state.StateType}`)
  return { ...job, State: state, Revision: job.Revision + 1, ModifyTime: nowNs }
}

const changeLine = (change: ExecutionChange, after: Execution) =>
  executionLine(after, {
    previous: change.before.ComputeState.StateType,
    next: after.ComputeState.StateType,
    revision: after.Revision,
    ...(change.event ? { event: change.event } : {}),
  })
