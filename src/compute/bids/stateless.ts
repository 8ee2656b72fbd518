import { no, yes } from '#contracts/verdict.ts'
import type { BidRule } from './bid-rule.ts'

export const statelessRule: BidRule = async ({ task, settings }) =>
  settings.isStatelessRefused && task.InputSources.length === 0
    ? no('this node does not accept jobs without any input volumes')
    : yes
