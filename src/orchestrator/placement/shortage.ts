import { shortId } from '#lib/short-id.ts'
import type { Event } from '#models/event.ts'
import type { Placement, Rejected } from './place.ts'

/** Why there are too few nodes: one line per distinct reason, in a fixed order. */
export type Shortage = { message: string; details: NonNullable<Event['Details']> }

/** `suitable`: nodes that can take some of it. */
export const shortageOf = (placement: Placement, requested: number, suitable: number): Shortage => {
  const rejected = placement.rejected()
  const available = suitable + rejected.length
  const head = `not enough nodes to run job. requested: ${requested}, available: ${available}, suitable: ${suitable}.`
  return {
    message: [head, ...reasonLines(rejected, available)].join('\n'),
    details: {
      IsError: 'true',
      NodesRequested: String(requested),
      NodesAvailable: String(available),
      NodesSuitable: String(suitable),
    },
  }
}

/** The same for a job that goes to every node that matches, when none does. */
export const noMatchOf = (placement: Placement): Shortage => {
  const rejected = placement.rejected()
  const available = rejected.length
  const head = `not matching nodes to run job out of ${available} available nodes.`
  return {
    message: [head, ...reasonLines(rejected, available)].join('\n'),
    details: { IsError: 'true', NodesAvailable: String(available) },
  }
}

/** Reasons may name what each node has, and then there are as many as nodes. */
const mostReasons = 20

/** `• Node n-1a2b3c4d: reason` or `• 2 of 3 nodes: reason`; most nodes first, then by text. */
const reasonLines = (rejected: readonly Rejected[], available: number): string[] => {
  const reasons = [...Map.groupBy(rejected, (each) => each.reason())].sort(
    ([a, nodesA], [b, nodesB]) => nodesB.length - nodesA.length || (a < b ? -1 : 1),
  )
  const lines = reasons
    .slice(0, mostReasons)
    .map(([reason, nodes]) =>
      nodes.length === 1 && nodes[0]
        ? `• Node ${shortId(nodes[0].node.id)}: ${reason}`
        : `• ${nodes.length} of ${available} nodes: ${reason}`,
    )
  const more = reasons.slice(mostReasons)
  const nodes = more.reduce((sum, [, each]) => sum + each.length, 0)
  return more.length > 0 ? [...lines, `• ${nodes} of ${available} nodes: ${more.length} other reasons`] : lines
}
