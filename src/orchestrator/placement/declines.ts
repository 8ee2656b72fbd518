import { type Execution, hasBegun } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import { isCounted, type Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { queueEnd } from '../queue-end.ts'
import type { Snapshot } from '../snapshot.ts'

/** A node's no to this version of a job, the last of `times` in a row. `until`: Unix ns at which the node is asked again; undefined = it is not. */
export type Decline = { readonly message: string; readonly times: number; readonly until: bigint | undefined }

const secondNs = 1_000_000_000n
const longestSeconds = 600

/** By node, what holds of its declines, or has run out. */
export const declinesOf = ({ job, executions, nodes, nowNs }: Snapshot): ReadonlyMap<NodeId, Decline> => {
  const own = executions.filter(({ JobVersion }) => JobVersion === job.Version)
  const inARow = new Map<NodeId, { last: Execution; times: number }>()
  for (const execution of own) {
    const { NodeID, StartTime } = execution
    if (isDecline(execution)) inARow.set(NodeID, { last: execution, times: (inARow.get(NodeID)?.times ?? 0) + 1 })
    else if (StartTime > 0n) inARow.delete(NodeID)
  }
  if (inARow.size === 0) return new Map()
  const all = own.filter(isDecline).length
  const isPatient = mayWait(job, own, nowNs)
  const declines = new Map<NodeId, Decline>()
  for (const [id, { last, times }] of inARow) {
    if (hasChangedSince(last, nodes)) continue
    const until = isPatient ? last.ModifyTime + waitNs(times, all) : undefined
    declines.set(id, { message: last.ComputeState.Message ?? '', times, until })
  }
  return declines
}

const isDecline = ({ ComputeState }: Execution): boolean => ComputeState.StateType === 'AskForBidRejected'

/** One that waits for no node fails as soon as all have declined it. */
const mayWait = (job: Job, executions: readonly Execution[], nowNs: bigint): boolean => {
  if (isTerminalJob(job.State.StateType)) return false
  if (job.Type === 'daemon' || nowNs < (queueEnd(job, executions) ?? 0n)) return true
  return isCounted(job.Type) && executions.some(hasBegun)
}

/** A node that has come back since then, or offers something else, may take by now what it did not. */
const hasChangedSince = ({ NodeID, ModifyTime }: Execution, nodes: Snapshot['nodes']): boolean => {
  const node = nodes.view(NodeID)?.state
  return ModifyTime < (node?.OfferedSince ?? node?.ConnectionState.ConnectedSince ?? 0n)
}

/**
 * What a node has not now, such as a port, it may have soon: it is asked again after a second, and after twice as long each
 * time; but not before as many seconds have passed as the job was declined in all, so that a fleet is not asked in a storm
 * and what is stored of that grows slower and slower.
 */
const waitNs = (times: number, all: number): bigint =>
  BigInt(Math.max(all, Math.min(longestSeconds, 2 ** (times - 1)))) * secondNs

/** Whether it holds at that time. */
export const holdsAt = (nowNs: bigint, decline: Decline | undefined): boolean =>
  decline !== undefined && (decline.until === undefined || nowNs < decline.until)

export const earliest = (times: readonly bigint[]): bigint | undefined =>
  times.reduce<bigint | undefined>((first, time) => (first === undefined || time < first ? time : first), undefined)
