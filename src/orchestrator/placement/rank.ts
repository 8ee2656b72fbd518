import { fitsInto, type Resources, subtractResources } from '#models/resources.ts'
import type { NodeView } from '../snapshot.ts'

/** A node that may take the job, with what is still free while executions are being handed out. */
export type Candidate = {
  readonly node: NodeView
  free: Resources
  /** Executions of this job on it, those chosen in this round included. */
  ownExecutions: number
  readonly isPreferred: boolean
  readonly tieBreaker: number
}

const dimensions = ['CPU', 'Memory', 'Disk', 'GPU'] as const

/** Share of the node's capacity that is free, in the dimension that is scarcest for this need; 0…1. */
const roomOf = (candidate: Candidate, need: Resources): number => {
  const max = candidate.node.state.Info.ComputeNodeInfo?.MaxCapacity
  if (!max) return 0
  const shares = dimensions.filter((d) => need[d] > 0 && max[d] > 0).map((d) => candidate.free[d] / max[d])
  return shares.length > 0 ? Math.min(...shares) : 1
}

/** Better first: what the user prefers, then spreading, then room, then chance. */
const compareCandidates =
  (need: Resources) =>
  (a: Candidate, b: Candidate): number =>
    Number(b.isPreferred) - Number(a.isPreferred) ||
    a.ownExecutions - b.ownExecutions ||
    roomOf(b, need) - roomOf(a, need) ||
    a.tieBreaker - b.tieBreaker

/**
 * Chooses nodes for up to `count` executions, one after the other, so that each choice sees the ones before.
 * `maxPerNode` 0 = as many as fit. Returns fewer when capacity ends.
 */
export const selectNodes = (
  candidates: readonly Candidate[],
  need: Resources,
  count: number,
  maxPerNode: number,
): NodeView[] => {
  const compare = compareCandidates(need)
  const hasRoom = (c: Candidate): boolean =>
    fitsInto(need, c.free) && (maxPerNode === 0 || c.ownExecutions < maxPerNode)
  const open = candidates.filter(hasRoom).sort(compare)
  const chosen: NodeView[] = []
  while (chosen.length < count && open.length > 0) {
    const best = open.shift() as Candidate
    chosen.push(best.node)
    best.free = subtractResources(best.free, need)
    best.ownExecutions += 1
    if (hasRoom(best)) insertSorted(open, best, compare)
  }
  return chosen
}

const insertSorted = <Item>(items: Item[], item: Item, compare: (a: Item, b: Item) => number): void => {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(items[middle] as Item, item) <= 0) low = middle + 1
    else high = middle
  }
  items.splice(low, 0, item)
}
