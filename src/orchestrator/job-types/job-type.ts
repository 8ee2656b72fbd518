import type { Plan } from '../plan.ts'
import type { Snapshot } from '../snapshot.ts'

/** The rules of one job type: from what is to what should happen. Pure; the same snapshot gives the same plan. */
export type Reconcile = (snapshot: Snapshot) => Plan
