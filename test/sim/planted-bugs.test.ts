import { describe, expect, it } from 'vitest'
import { plantedBugs } from './planted/index.ts'
import { simulate } from './simulation.ts'

/** Half of the fixed seeds are enough; most bugs need a few. */
const lastSeed = 100

describe('a bug planted at a seam', () => {
  const rows = Object.entries(plantedBugs).map(([name, { invariant, plant }]) => [name, invariant, plant] as const)

  it.each(rows)('%s: a fixed seed finds it, and tells it as [%s]', async (_name, invariant, plant) => {
    const told: string[] = []
    for (let seed = 1; seed <= lastSeed && !told.includes(invariant); seed++) {
      const { violation } = await simulate(seed, { bug: plant() })
      if (violation) told.push(violation.invariant)
    }
    expect(told).toContain(invariant)
  })
})
