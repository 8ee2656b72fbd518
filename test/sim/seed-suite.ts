import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Counts, faultKinds, rareSituations } from './counts.ts'
import { failureText } from './failure-text.ts'
import { simulate } from './simulation.ts'

const kinds = [...faultKinds, ...rareSituations]

/** Seeds that once failed, and why; they are run for ever. */
const kept = readFileSync(join(import.meta.dirname, 'seeds.txt'), 'utf8')
  .split('\n')
  .filter((line) => /^\d/.test(line))
  .map((line) => Number.parseInt(line, 10))
const fixedSeeds = [...new Set([...Array.from({ length: 500 }, (_, index) => index + 1), ...kept])]

/** Half of the fixed seeds, so that two processes share the work. */
export const seedSuite = (half: 'odd' | 'even'): void => {
  const seeds = fixedSeeds.filter((seed) => seed % 2 === (half === 'odd' ? 1 : 0))

  describe('a simulated cluster', () => {
    const counts = new Counts()
    let events = 0
    let spentMs = 0

    it.each(seeds)(
      'seed %i: nothing false happens, rest is found after the healing, and a second run is the same [I1–I10, I14, L1–L4, W31, F13]',
      async (seed) => {
        const startedMs = performance.now()
        const [first, second] = [await simulate(seed), await simulate(seed)]
        spentMs += performance.now() - startedMs
        events += first.events + second.events
        for (const kind of kinds) counts.of[kind] += first.counts.of[kind]
        if (first.violation) expect.fail(failureText(first))
        expect(second.hash).toBe(first.hash)
      },
    )

    it(`every kind of fault happened in the lives of the ${half} seeds, and every rare situation was reached`, () => {
      expect(kinds.filter((kind) => counts.of[kind] === 0)).toEqual([])
    })

    afterAll(() => {
      const rate = Math.round(events / (spentMs / 1_000))
      console.log(`sim: ${seeds.length} ${half} seeds twice, ${events} events, ${rate} a second`)
    })
  })
}
