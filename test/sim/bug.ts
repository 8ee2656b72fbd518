import type { Engine } from '#contracts/engine.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { Store } from '#contracts/store.ts'
import type { ComputeRoleParts } from '#node/compute-role.ts'
import type { FaultProfile } from './fault-profile.ts'
import type { MachineFacts } from './machine.ts'

/** The seams at which a bug can be planted without touching the product: whatever constructors are handed. */
export type Bug = {
  /** A life in which it shows more often. */
  faults?: (faults: FaultProfile) => FaultProfile
  store?: (store: Store, facts: MachineFacts) => Store
  engine?: (engine: Engine) => Engine
  orchestratorEnd?: (end: OrchestratorEnd) => OrchestratorEnd
  computeEnd?: (end: ComputeEnd) => ComputeEnd
  computeFacts?: (facts: ComputeRoleParts['facts']) => ComputeRoleParts['facts']
}
