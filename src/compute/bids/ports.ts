import { no, yes } from '#contracts/verdict.ts'
import { addressHint } from '../ports.ts'
import type { BidRule } from './bid-rule.ts'

/** A port or an address that a job names can be had on one node and not on another. */
export const portRule: BidRule = async ({ task, ports }) => {
  const missing = await ports.missing(task.Network)
  if (missing.addresses.length > 0) return no(`this node has no address ${missing.addresses.join(', ')}`, addressHint)
  return missing.ports.length === 0
    ? yes
    : no(`port ${missing.ports.join(', ')} of this node is taken`, 'Leave out Static for any free port')
}
