import { no, yes } from '#contracts/verdict.ts'
import type { BidRule } from './bid-rule.ts'

/** A port that a job names can be had on one node and taken on another. */
export const portRule: BidRule = async ({ task, ports }) => {
  const missing = await ports.missing(task.Network)
  return missing.length === 0
    ? yes
    : no(`port ${missing.join(', ')} of this node is taken`, 'Leave out Static for any free port')
}
