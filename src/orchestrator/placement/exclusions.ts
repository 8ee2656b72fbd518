import type { Exclusion } from '#models/forecast.ts'
import type { Resources } from '#models/resources.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { accountsOf } from './accounts.ts'
import { closedBy, isComputeNode, type RuleName } from './filter.ts'
import { Placement } from './place.ts'

export type LeftOut = { node: NodeView; rule: RuleName; missing?: string }

/** A reason tells only these nodes by name. */
const namedNodes = 20

/** Every compute node that a placement passed over, by reason: most nodes first, then by text. */
export const exclusionsOf = (snapshot: Snapshot, need: Resources): Exclusion[] => {
  const accounts = accountsOf(snapshot, need)
  const passedOver = [...new Placement(snapshot, need).rejected(), ...closedNodes(snapshot)]
  const groups = Map.groupBy(passedOver, (left) => accounts[left.rule].reason(left))
  return [...groups]
    .map(([reason, left]) => {
      const nodes = left.map(({ node }) => node).sort((a, b) => (a.id < b.id ? -1 : 1))
      const [first] = left as [LeftOut]
      return {
        Rule: first.rule,
        Reason: reason,
        Cure: accounts[first.rule].cure(first, nodes),
        Count: nodes.length,
        NodeIDs: nodes.slice(0, namedNodes).map(({ id }) => id),
      }
    })
    .sort((a, b) => b.Count - a.Count || (a.Reason < b.Reason ? -1 : 1))
}

/** Those that may not work at all. */
const closedNodes = ({ nodes }: Snapshot): LeftOut[] =>
  nodes
    .views()
    .filter(isComputeNode)
    .flatMap((node) => {
      const rule = closedBy(node)
      return rule ? [{ node, rule }] : []
    })
