import type { BidRule } from './bid-rule.ts'
import { engineRule, publisherRule, storageRule } from './components.ts'
import { environmentRule } from './environment.ts'
import { localityRule } from './locality.ts'
import { networkRule } from './network.ts'
import { portRule } from './ports.ts'
import { statelessRule } from './stateless.ts'

/** All are asked, and all their reasons are told. */
export const bidRules: readonly BidRule[] = [
  networkRule,
  environmentRule,
  portRule,
  statelessRule,
  publisherRule,
  storageRule,
  localityRule,
  engineRule,
]
