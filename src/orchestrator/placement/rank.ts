import { Heap } from '#lib/heap.ts'
import { mostPerNode } from '#models/job.ts'
import { fitsInto, type Resources, subtractResources } from '#models/resources.ts'
import type { NodeView, Snapshot, Strategy } from '../snapshot.ts'

/** A node that may take the job, with what is still free while executions are being handed out. */
export type Candidate = {
  readonly node: NodeView
  free: Resources
  /** Executions of this job on it, those chosen in this round included. */
  ownExecutions: number
  /** Failures of this job that are held against it. */
  readonly trouble: number
  /** Other jobs that have failed there, when they are many. */
  readonly othersTrouble: number
  readonly isPreferred: boolean
  /** Inputs of the job that it is likely to have already. */
  readonly inputsHeld: number
  readonly tieBreaker: number
}

const dimensions = ['CPU', 'Memory', 'Disk', 'GPU'] as const

/** Share of the node's capacity that is free, in the dimension that is scarcest for this need; 0…1. */
const roomOf = (candidate: Candidate, need: Resources): number => {
  const max = candidate.node.state.Info.ComputeNodeInfo?.MaxCapacity
  if (!max) return 0
  let room = 1
  for (const dimension of dimensions) {
    if (need[dimension] > 0 && max[dimension] > 0) room = Math.min(room, candidate.free[dimension] / max[dimension])
  }
  return room
}

/** A candidate with its room, which is worked out once and not in each comparison. */
type Ranked = { readonly candidate: Candidate; readonly room: number }

/** Where the job has not failed of late comes first, then where few others have, then what the user prefers, then what the strategy says, then chance. */
const isBetterBy =
  (strategy: Strategy) =>
  (a: Ranked, b: Ranked): boolean =>
    (a.candidate.trouble - b.candidate.trouble ||
      a.candidate.othersTrouble - b.candidate.othersTrouble ||
      Number(b.candidate.isPreferred) - Number(a.candidate.isPreferred) ||
      byStrategy[strategy](a, b) ||
      a.candidate.tieBreaker - b.candidate.tieBreaker) < 0

const byInputs = (a: Ranked, b: Ranked): number => b.candidate.inputsHeld - a.candidate.inputsHeld

const byStrategy: Record<Strategy, (a: Ranked, b: Ranked) => number> = {
  spread: (a, b) => a.candidate.ownExecutions - b.candidate.ownExecutions || byInputs(a, b) || b.room - a.room,
  pack: (a, b) => byInputs(a, b) || a.room - b.room,
}

/**
 * Chooses nodes for up to `count` executions, one after the other, so that each choice sees the ones before.
 * Returns fewer when capacity ends.
 */
export const selectNodes = (
  candidates: readonly Candidate[],
  need: Resources,
  count: number,
  { strategy, job }: Pick<Snapshot, 'strategy' | 'job'>,
): NodeView[] => {
  const most = mostPerNode(job)
  const open = new Heap(isBetterBy(strategy))
  const offer = (candidate: Candidate): void => {
    const isFull = most > 0 && candidate.ownExecutions >= most
    if (!isFull && fitsInto(need, candidate.free)) open.push({ candidate, room: roomOf(candidate, need) })
  }
  for (const candidate of candidates) offer(candidate)
  const chosen: NodeView[] = []
  while (chosen.length < count && open.size > 0) {
    const { candidate } = open.pop() as Ranked
    chosen.push(candidate.node)
    candidate.free = subtractResources(candidate.free, need)
    candidate.ownExecutions += 1
    offer(candidate)
  }
  return chosen
}
