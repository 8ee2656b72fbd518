import { shortId } from '#lib/short-id.ts'
import type { Event } from '#models/event.ts'
import type { Match } from './place.ts'

/** Why there are too few nodes: one line per distinct reason, in a fixed order. */
export type Shortage = {
  message: string
  details: NonNullable<Event['Details']>
  /** Some node could take it once running work there ends. */
  isAnyBusy: boolean
}

export const shortageOf = (match: Match, requested: number): Shortage => {
  const available = match.candidates.length + match.rejected.length
  const suitable = match.candidates.length
  const head = `not enough nodes to run job. requested: ${requested}, available: ${available}, suitable: ${suitable}.`
  return {
    message: [head, ...reasonLines(match, available)].join('\n'),
    details: {
      IsError: 'true',
      NodesRequested: String(requested),
      NodesAvailable: String(available),
      NodesSuitable: String(suitable),
    },
    isAnyBusy: match.rejected.some((rejected) => rejected.isBusy) || suitable > 0,
  }
}

/** `• Node n-1a2b3c4d: reason` or `• 2 of 3 nodes: reason`; most nodes first, then by text. */
export const reasonLines = (match: Match, available: number): string[] => {
  const byReason = Map.groupBy(match.rejected, (rejected) => rejected.reason)
  return [...byReason]
    .sort(([a, nodesA], [b, nodesB]) => nodesB.length - nodesA.length || (a < b ? -1 : 1))
    .map(([reason, nodes]) =>
      nodes.length === 1 && nodes[0]
        ? `• Node ${shortId(nodes[0].node.id)}: ${reason}`
        : `• ${nodes.length} of ${available} nodes: ${reason}`,
    )
}
