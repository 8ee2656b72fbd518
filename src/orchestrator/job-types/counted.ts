import { type Execution, hasBegun } from '#models/execution.ts'
import { isDiscardedExecution } from '#models/execution-state.ts'
import { type Job, partitionCount } from '#models/job.ts'
import { fitsInto } from '#models/resources.ts'
import { jobQueued, stopTexts, timeText } from '../events.ts'
import { earliest } from '../placement/declines.ts'
import { withStarted } from '../placement/foreseen.ts'
import { gpuNamer } from '../placement/gpus.ts'
import { Placement } from '../placement/place.ts'
import { type Candidate, selectNodes } from '../placement/rank.ts'
import { reserveSome } from '../placement/reservation.ts'
import { type Shortage, shortageOf } from '../placement/shortage.ts'
import { checkBy, checkByAny, type Plan } from '../plan.ts'
import { queueEnd } from '../queue-end.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { announceRetry } from './announce-retry.ts'
import { failJob } from './ending.ts'
import { isDraining, leaverOf, replace } from './leave-node.ts'
import { isUneven, needAfter } from './more-memory.ts'
import { newExecution } from './new-execution.ts'
import { checkRetry, retryOf } from './retry.ts'
import { isLive, stopExecution } from './stop-executions.ts'

/** One slot of a counted job: all its attempts, oldest first. */
export type Partition = { index: number; attempts: Execution[] }

/** One that still runs, on a node that is to be empty. */
type Leaving = Partition & { leaver: Execution }

/** Partitions that want a node: those that have none, and those that leave theirs. */
type Wanting = { missing: readonly Partition[]; leaving: readonly Leaving[] }

const secondNs = 1_000_000_000n

export const partitionsOf = (snapshot: Snapshot, executions: readonly Execution[]): Partition[] => {
  const byIndex = Map.groupBy(executions, (execution) => execution.PartitionIndex)
  return Array.from({ length: partitionCount(snapshot.job) }, (_, index) => ({
    index,
    attempts: byIndex.get(index) ?? [],
  }))
}

/**
 * Keeps the newest live attempt of a partition and stops any other, and those beyond the count; one that is
 * replaced stays until the newest runs.
 */
export const stopExtras = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): void => {
  const count = partitionCount(snapshot.job)
  const live = executions.filter(isLive)
  const newest = new Map(live.map((execution) => [execution.PartitionIndex, execution]))
  for (const execution of live) {
    const successor = newest.get(execution.PartitionIndex)
    const isKept = successor === execution || successor?.ComputeState.StateType !== 'Running'
    if (isKept && execution.PartitionIndex < count) continue
    const text = isDraining(snapshot.nodes.view(execution.NodeID)) ? stopTexts.drained : stopTexts.extra
    stopExecution(plan, execution, text, snapshot.nowNs)
  }
}

/** What is still held by a live attempt that nobody has asked to stop; where none may start beside it, also by one that is stopping. */
const isHeld = ({ Delivery }: Job, { attempts }: Partition): boolean =>
  attempts.some((each) => isLive(each) && (each.DesiredState.StateType !== 'Stopped' || Delivery === 'AtMostOnce'))

/**
 * Starts what is missing: partitions that neither run nor are done, and those that leave their nodes. Follows the retry
 * policy, waits for room, or fails the job with the first cause.
 */
export const startMissing = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  isDone: (partition: Partition) => boolean,
): void => {
  const missing: Partition[] = []
  const leaving: Leaving[] = []
  for (const partition of partitionsOf(snapshot, executions)) {
    if (isDone(partition)) continue
    const leaver = leaverOf(snapshot, partition)
    if (leaver) leaving.push({ ...partition, leaver })
    if (isHeld(snapshot.job, partition)) continue
    const retry = retryOf(
      snapshot,
      partition.attempts.filter((a) => isDiscardedExecution(a.ComputeState.StateType)),
    )
    if (retry.kind === 'never')
      return failJob(snapshot, plan, executions, `${retry.cause}\n${failedLine(partition, retry.why)}`)
    announceRetry(snapshot, plan, partition.attempts, retry)
    checkRetry(plan, retry)
    if (retry.kind === 'now') missing.push(partition)
  }
  if (missing.length + leaving.length > 0) place(snapshot, plan, executions, { missing, leaving })
}

const failedLine = (partition: Partition, why: string): string =>
  `Job failed: ${partition.index > 0 ? `partition ${partition.index}, ` : ''}attempt ${partition.attempts.length}, ${why}.`

/** What needs alike is placed together, and sees what was placed before it; what leaves its node comes last. */
const place = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  { missing, leaving }: Wanting,
): void => {
  if (!isUneven(snapshot.job, executions)) return placeAlike(snapshot, plan, executions, { missing, leaving })
  const needed = ({ attempts }: Partition): number => needAfter(snapshot, attempts).Memory
  for (const group of Map.groupBy(missing, needed).values()) {
    placeAlike(snapshot, plan, executions, { missing: group, leaving: [] })
    if (plan.jobState?.StateType === 'Failed') return
  }
  for (const group of Map.groupBy(leaving, needed).values())
    placeAlike(snapshot, plan, executions, { missing: [], leaving: group })
}

const placeAlike = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  { missing, leaving }: Wanting,
): void => {
  const wanted = [...missing, ...leaving]
  const need = needAfter(snapshot, wanted[0]?.attempts ?? [])
  const seen = withStarted(snapshot, plan.starts)
  const placement = new Placement(seen, need)
  const candidates = placement.candidates(wanted.length)
  const nodes = selectNodes(candidates, need, wanted.length, snapshot)
  const named = gpuNamer(snapshot.job)
  const starts = nodes.map((node, i) => {
    const partition = wanted[i] as Partition
    return newExecution(snapshot, node.id, partition.index, named(node, need), partition.attempts)
  })
  plan.starts = [...plan.starts, ...starts]
  for (const { leaver } of leaving.slice(0, Math.max(0, nodes.length - missing.length))) replace(snapshot, plan, leaver)
  if (nodes.length === wanted.length) {
    const isFull = ({ free }: Candidate): boolean => !fitsInto(need, free)
    plan.isLastToFit = candidates.length < placement.enoughFor(wanted.length) && candidates.every(isFull)
    return
  }
  const isAnyBusy = candidates.length > 0 || placement.near.some((node) => placement.isBusy(node))
  const shortage = (): Shortage => shortageOf(placement, missing.length, candidates.length)
  const lack = { missing, isAnyBusy, shortage, asksAgainAt: placement.asksAgainAt }
  if (nodes.length < missing.length) waitOrFail(snapshot, plan, executions, lack)
  else waitFor(plan, isAnyBusy)
  if (plan.waitsFor) {
    checkByAny(plan, lack.asksAgainAt)
    const unplaced = Math.max(0, missing.length - nodes.length)
    plan.unplaced = (plan.unplaced ?? 0) + unplaced
    plan.staying = (plan.staying ?? 0) + wanted.length - nodes.length - unplaced
    if (need.Memory >= (plan.unplacedNeed?.Memory ?? 0)) plan.unplacedNeed = need
    const isFull = (node: NodeView): boolean => placement.isFull(node)
    if (isAnyBusy && !plan.reservations)
      reserveSome(seen, plan, { need, near: placement.near, isFull, missing: wanted.length - nodes.length })
  }
}

/** Room is what is waited for as soon as some of it could use some. */
const waitFor = (plan: Plan, isAnyBusy: boolean): void => {
  if (plan.waitsFor !== 'room') plan.waitsFor = isAnyBusy ? 'room' : 'nodes'
}

type Lack = {
  missing: readonly Partition[]
  isAnyBusy: boolean
  shortage: () => Shortage
  asksAgainAt: readonly bigint[]
}

/**
 * Too few nodes. Full nodes are waited for; so is anything while QueueTimeout lasts, and work that ran before.
 * Otherwise the job fails at once, with what the nodes that declined had to say first. A job of which something runs
 * is not in the queue.
 */
const waitOrFail = (
  snapshot: Snapshot,
  plan: Plan,
  executions: readonly Execution[],
  { missing, isAnyBusy, shortage, asksAgainAt }: Lack,
): void => {
  const giveUpAt = queueEnd(snapshot.job, executions)
  const isIdle = plan.starts.length === 0 && !executions.some(isLive)
  const isTimeLeft = !isIdle || snapshot.nowNs < (giveUpAt ?? 0n)
  const short = missing.map(({ attempts }) => attempts.at(-1)).find((last) => last && isUneven(snapshot.job, [last]))
  // The node that it ran on may come back; one that has as much as it needs now there may never have been.
  const ranBefore = !short && executions.some(hasBegun)
  const isPatient = giveUpAt === undefined ? isAnyBusy || ranBefore || snapshot.isSettling : isTimeLeft
  if (!isPatient) {
    const declined = executions.find((e) => e.ComputeState.StateType === 'AskForBidRejected')
    const { message, details } = shortage()
    const lines = [short?.ComputeState.Message, declined?.ComputeState.Message, message].filter((line) => line)
    return failJob(snapshot, plan, executions, lines.join('\n'), details)
  }
  if (giveUpAt !== undefined && isIdle) checkBy(plan, giveUpAt)
  waitFor(plan, isAnyBusy)
  if (isIdle && !isSaidOfLate(snapshot)) queueJob(snapshot, plan, `${shortage().message}${askedAgainText(asksAgainAt)}`)
}

/** A line of its own, or ''. */
const askedAgainText = (times: readonly bigint[]): string => {
  const first = earliest(times)
  return first === undefined ? '' : `\nWho declined it is asked again, the first at ${timeText(first)}.`
}

/** Why it waits is told to every node's detail, which on a large cluster changes all the time. */
const saidForNs = 60n * secondNs
const isSaidOfLate = ({ job: { State, ModifyTime }, nowNs }: Snapshot): boolean =>
  State.StateType === 'Queued' && nowNs < ModifyTime + saidForNs

export const queueJob = (snapshot: Snapshot, plan: Plan, why: string): void => {
  const event = jobQueued(snapshot.nowNs, why)
  const isSaid = snapshot.job.State.StateType === 'Queued' && snapshot.job.State.Message === event.Message
  if (!isSaid) plan.jobState = { StateType: 'Queued', Message: event.Message, event }
}

/** The job runs as soon as one of its executions was accepted. */
export const runIfAccepted = (snapshot: Snapshot, plan: Plan, executions: readonly Execution[]): void => {
  const isWaiting = snapshot.job.State.StateType === 'Pending' || snapshot.job.State.StateType === 'Queued'
  const isAccepted = executions.some(
    (e) => isLive(e) && ['BidAccepted', 'Running', 'Publishing'].includes(e.ComputeState.StateType),
  )
  if (isWaiting && isAccepted && !plan.jobState) plan.jobState = { StateType: 'Running' }
}
