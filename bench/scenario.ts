import type { Figure } from './figures.ts'
import type { Limits } from './limits.ts'

export type Bench = {
  limits: Limits
  /** How often each figure is taken, each time on a fresh store. */
  runs: number
  /** 1 = the sizes of the targets; less for a quick look. */
  scale: number
}

/** One scenario of `npm run bench`: a file in scenarios/, listed in main.ts. It throws when a job was lost or printed the wrong thing. */
export type Scenario = { id: string; about: string; measure(bench: Bench): Promise<Figure[]> }
