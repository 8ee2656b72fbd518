import type { Change, OutboxMessage, WorkRow } from '#contracts/store.ts'
import { exactJson } from '#lib/json/exact.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { JobHistory } from '#models/job-history.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { NodeState } from '#models/node.ts'
import { splitJob } from '#state/tables/versions.ts'

/** All a store holds, as plain objects. */
export type ModelState = {
  jobs: Job[]
  /** Versions before the newest, by job. */
  ended: Job[]
  /** Jobs whose history was removed since they ended. */
  withoutHistory: JobId[]
  executions: Execution[]
  history: JobHistory[]
  work: (WorkRow & { isShort: boolean })[]
  nodes: NodeState[]
  /** `isShort`: the order's job is the stored one, and only referred to. */
  outbox: { peer: string; seq: number; message: OutboxMessage; isShort: boolean }[]
  sent: Record<string, number>
  inbox: Record<string, number>
  facts: Record<string, string>
}

export const emptyState = (): ModelState => ({
  jobs: [],
  ended: [],
  withoutHistory: [],
  executions: [],
  history: [],
  work: [],
  nodes: [],
  outbox: [],
  sent: {},
  inbox: {},
  facts: {},
})

/** Items are replaced, never changed, so that a copy of the lists is enough. */
export const copyOf = (state: ModelState): ModelState => ({
  ...state,
  jobs: [...state.jobs],
  ended: [...state.ended],
  executions: [...state.executions],
  history: [...state.history],
  work: [...state.work],
  outbox: [...state.outbox],
  sent: { ...state.sent },
  inbox: { ...state.inbox },
  facts: { ...state.facts },
})

export type ModelOutcome = 'applied' | 'conflict' | 'duplicate'

/** Applies a change to the state as the contract says, one part after the other; on a refusal the state is spoilt. */
export function applyTo(state: ModelState, change: Change): ModelOutcome {
  const { inbox } = change
  if (inbox) {
    const name = `${inbox.peer}/${inbox.senderStoreId}`
    const last = state.inbox[name] ?? 0
    if (inbox.seq <= last) return 'duplicate'
    if ((inbox.first ?? inbox.seq) !== last + 1 && !inbox.hasGaps) return 'conflict'
    state.inbox[name] = inbox.seq
  }
  if (!applyRemovals(state, change)) return 'conflict'
  if (!applyJobs(state, change) || !applyExecutions(state, change) || !applyWork(state, change)) return 'conflict'
  for (const line of change.history ?? []) {
    const SeqNum = 1 + state.history.filter((other) => other.JobID === line.JobID).length
    state.history.push({ ...line, SeqNum })
  }
  for (const node of change.putNodes ?? [])
    state.nodes = [...state.nodes.filter((other) => other.Info.NodeID !== node.Info.NodeID), node]
  state.nodes = state.nodes.filter((node) => !change.removeNodes?.includes(node.Info.NodeID))
  applyPeers(state, change)
  Object.assign(state.facts, change.putFacts)
  return 'applied'
}

/** Whether nothing of the job is live, nor at work on this node under a specification that is only referred to. */
export const isOver = (state: ModelState, job: Job): boolean => {
  const isAtWork = state.work.some(({ order, isShort }) => isShort && order.job.ID === job.ID)
  return isTerminalJob(job.State.StateType) && !isAtWork && !liveOf(state).some(({ JobID }) => JobID === job.ID)
}

function applyRemovals(state: ModelState, change: Change): boolean {
  for (const { id, expectedRevision } of change.removeJobs ?? []) {
    const job = state.jobs.find((other) => other.ID === id)
    if (job?.Revision !== expectedRevision || !isOver(state, job)) return false
    state.jobs = state.jobs.filter((other) => other !== job)
    state.ended = state.ended.filter((other) => other.ID !== id)
    state.executions = state.executions.filter((execution) => execution.JobID !== id)
    state.history = state.history.filter((line) => line.JobID !== id)
    state.withoutHistory = state.withoutHistory.filter((other) => other !== id)
    state.outbox = state.outbox.map((row) => (row.isShort && isOrderOf(row.message, id) ? withdrawn(row) : row))
  }
  for (const { id, expectedRevision } of change.removeHistory ?? []) {
    const job = state.jobs.find((other) => other.ID === id)
    if (job?.Revision !== expectedRevision || !isTerminalJob(job.State.StateType)) return false
    state.history = state.history.filter((line) => line.JobID !== id)
    if (!state.withoutHistory.includes(id)) state.withoutHistory = [...state.withoutHistory, id]
  }
  return true
}

const isOrderOf = (message: OutboxMessage, id: JobId): boolean =>
  message.Kind === 'AskForBid' && message.Body.Job.ID === id

const withdrawn = <Row extends { message: OutboxMessage }>(row: Row): Row => {
  if (row.message.Kind !== 'AskForBid') return row
  const Body = { ExecutionID: row.message.Body.Execution.ID, Reason: 'the job was removed' }
  return { ...row, message: { Kind: 'CancelExecution', Body } }
}

/** The specification of this job is the newest stored one, to the letter. */
const isStored = (state: ModelState, job: Job): boolean => {
  const stored = state.jobs.find((other) => other.ID === job.ID)
  return stored?.Version === job.Version && exactJson(splitJob(stored).spec) === exactJson(splitJob(job).spec)
}

function applyJobs(state: ModelState, change: Change): boolean {
  for (const job of change.insertJobs ?? []) {
    if (state.jobs.some((other) => other.ID === job.ID)) return false
    state.jobs.push(job)
  }
  for (const { id, expectedRevision, job } of change.updateJobs ?? []) {
    const at = state.jobs.findIndex((other) => other.ID === id)
    const old = state.jobs[at]
    if (old?.Revision !== expectedRevision) return false
    if (isTerminalJob(old.State.StateType) !== isTerminalJob(job.State.StateType))
      state.withoutHistory = state.withoutHistory.filter((other) => other !== id)
    if (job.Version > old.Version) {
      state.ended.push(old)
      state.jobs[at] = job
    } else {
      const { State, Revision, ModifyTime } = job
      state.jobs[at] = { ...old, State, Revision, ModifyTime }
    }
  }
  return true
}

function applyExecutions(state: ModelState, change: Change): boolean {
  for (const execution of change.insertExecutions ?? []) {
    if (state.executions.some((other) => other.ID === execution.ID)) return false
    if (!state.jobs.some((job) => job.ID === execution.JobID)) return false
    state.executions.push(execution)
  }
  for (const { id, expectedRevision, execution } of change.updateExecutions ?? []) {
    const at = state.executions.findIndex((other) => other.ID === id)
    if (state.executions[at]?.Revision !== expectedRevision) return false
    state.executions[at] = execution
  }
  return true
}

function applyWork(state: ModelState, change: Change): boolean {
  for (const row of change.putWork ?? []) {
    const at = state.work.findIndex((other) => other.executionId === row.executionId)
    const kept = { ...row, isShort: isStored(state, row.order.job) }
    if (at < 0) state.work.push(kept)
    else state.work[at] = kept
  }
  for (const { executionId, expected, ...update } of change.updateWork ?? []) {
    const at = state.work.findIndex((other) => other.executionId === executionId)
    const old = state.work[at]
    if (!old || !expected.includes(old.state)) return false
    state.work[at] = { ...old, ...update }
  }
  state.work = state.work.filter((row) => !change.removeWork?.includes(row.executionId))
  return true
}

function applyPeers(state: ModelState, change: Change): void {
  for (const { peer, message } of change.outbox ?? []) {
    const seq = (state.sent[peer] ?? 0) + 1
    state.sent[peer] = seq
    const isShort = message.Kind === 'AskForBid' && isStored(state, message.Body.Job)
    state.outbox.push({ peer, seq, message, isShort })
  }
  for (const { peer, seq } of change.acked ?? [])
    state.outbox = state.outbox.filter((row) => row.peer !== peer || row.seq > seq)
  for (const peer of change.resetPeers ?? []) {
    state.outbox = state.outbox.filter((row) => row.peer !== peer)
    delete state.sent[peer]
    for (const name of Object.keys(state.inbox)) if (name.startsWith(`${peer}/`)) delete state.inbox[name]
  }
}

export const liveOf = (state: ModelState): Execution[] =>
  state.executions.filter((execution) => !isTerminalExecution(execution.ComputeState.StateType))
