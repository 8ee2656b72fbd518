import type { Engine } from './engine.ts'
import type { Publisher } from './publisher.ts'
import type { Storage } from './storage.ts'

/** What one technology brings to a node. */
export type Provider = {
  engines?: readonly Engine[]
  storages?: readonly Storage[]
  publishers?: readonly Publisher[]
  /** Servers and pools of its own; started before and stopped after everything that uses them. */
  parts?: readonly import('#lib/lifecycle.ts').Startable[]
}
