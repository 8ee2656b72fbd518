import type { Job } from '#models/job.ts'
import type { NodeState } from '#models/node.ts'
import { fitsInto, type Resources, shareOf, subtractResources } from '#models/resources.ts'
import { checkBy, type Plan } from '../plan.ts'
import type { NodeView, Reservation, Snapshot } from '../snapshot.ts'
import { isBefore, turnOf } from '../turn.ts'
import { ampleChoice, someOf } from './choice.ts'
import { freeGpusFor, gpusFor } from './gpus.ts'

/** What a node has free for this job: not what is reserved for another whose turn is before. */
export const freeFor = (job: Job, node: NodeView): Resources => {
  const free = freeGpusFor(job, node)
  const { reservation } = node
  return reservation && isForOther(job, reservation) ? subtractResources(free, reservation.need) : free
}

const isForOther = (job: Job, reservation: Reservation): boolean =>
  reservation.jobId !== job.ID && isBefore(reservation, turnOf(job))

/** So long others may go first where a job finds no room. */
const patienceNs = 30_000_000_000n
/** A job has room reserved on so many nodes at once, or work for one would empty all of them. */
const mostNodes = 16

/** `isFull`: one execution more would be welcome there, and has no room. */
type Shortfall = { need: Resources; near: readonly NodeView[]; isFull: (node: NodeView) => boolean; missing: number }

/**
 * A job that has waited long gets room reserved on nodes that are full, for one execution on each: what gets free there goes
 * to nobody whose turn is after it, so it is not passed by smaller ones for ever. What fills a node may go on for long:
 * when the job has waited twice as long, other nodes are tried.
 */
export const reserveSome = (snapshot: Snapshot, plan: Plan, { need, near, isFull, missing }: Shortfall): void => {
  if (!hasWaitedLong(snapshot, plan)) return
  const { job, nowNs, nodes, chance } = snapshot
  const isOpen = (node: NodeView): boolean => isFull(node) && mayBeReserved(snapshot, need, node)
  const isInTime = ({ reservation: r }: NodeView): boolean => r?.since === job.VersionTime && (r.until ?? 0n) > nowNs
  const kept = nodes.reservedFor(job.ID).filter((node) => isInTime(node) && isOpen(node))
  const fresh: Reservation = { ...turnOf(job), need, until: nowNs + (nowNs - job.VersionTime) }
  const chosen = kept.length > 0 ? kept : bestFirst(snapshot, need, someOf(near, ampleChoice, chance, isOpen))
  plan.reservations = new Map(
    chosen
      .slice(0, Math.min(missing, mostNodes))
      .map(({ id, reservation }) => [id, kept.length > 0 && reservation ? reservation : fresh]),
  )
  for (const { until } of plan.reservations.values()) if (until !== undefined) checkBy(plan, until)
}

/** The same for a job that is to run on each of these nodes. */
export const reserveEach = (snapshot: Snapshot, plan: Plan, need: Resources, full: readonly NodeView[]): void => {
  if (!hasWaitedLong(snapshot, plan)) return
  const open = full.filter((node) => mayBeReserved(snapshot, need, node))
  const reservation: Reservation = { ...turnOf(snapshot.job), need }
  plan.reservations = new Map(open.map(({ id }) => [id, reservation]))
}

const hasWaitedLong = ({ job, nowNs }: Snapshot, plan: Plan): boolean => {
  const patientUntil = job.VersionTime + patienceNs
  if (nowNs < patientUntil) checkBy(plan, patientUntil)
  return nowNs >= patientUntil
}

/** It would have room if all that ends by itself had ended, and nobody whose turn is before has it reserved. */
const mayBeReserved = ({ job, nodes }: Snapshot, need: Resources, { id, state, reservation }: NodeView): boolean =>
  !(reservation && isForOther(job, reservation)) && fitsBeside(job, need, state, nodes.lastingOn(id))

const fitsBeside = (job: Job, need: Resources, { Info }: NodeState, lasting: Resources): boolean => {
  const max = Info.ComputeNodeInfo?.MaxCapacity
  return max !== undefined && fitsInto(need, gpusFor(job, subtractResources(max, lasting)))
}

/**
 * Those first that were not tried just now; of them those where nothing that was there before the job came is in its way, since what has
 * run for longer than the job has waited may go on for as long again; of them those where most of the need is there already.
 */
const bestFirst = ({ job, nodes }: Snapshot, need: Resources, open: readonly NodeView[]): NodeView[] => {
  const rank = (node: NodeView) => ({
    node,
    isTried: node.reservation?.jobId === job.ID,
    isSlow: !fitsBeside(job, need, node.state, nodes.lastingOn(node.id, job.VersionTime)),
    share: shareOf(need, node.free),
  })
  return open
    .map(rank)
    .sort(
      (a, b) =>
        Number(a.isTried) - Number(b.isTried) ||
        Number(a.isSlow) - Number(b.isSlow) ||
        b.share - a.share ||
        (a.node.id < b.node.id ? -1 : 1),
    )
    .map(({ node }) => node)
}
