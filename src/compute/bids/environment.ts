import { no, yes } from '#contracts/verdict.ts'
import { faultOf, messageOf } from '#lib/fault.ts'
import { hostVariables } from '../steps/environment.ts'
import type { BidRule } from './bid-rule.ts'

/** A variable that this node does not give, or does not have, another may. */
export const environmentRule: BidRule = async ({ task, host }) => {
  try {
    hostVariables(task, host)
    return yes
  } catch (error) {
    return no(messageOf(error), faultOf(error).hint)
  }
}
