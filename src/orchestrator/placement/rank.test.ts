import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsInto } from '#models/resources.ts'
import { amount, job, nodeState } from '../../../test/kit/reconcile-world.ts'
import { NodeTable } from '../nodes/node-table.ts'
import type { Strategy } from '../snapshot.ts'
import { type Candidate, selectNodes } from './rank.ts'

const candidatesOf = (units: readonly number[], preferred: readonly boolean[] = []): Candidate[] => {
  const table = new NodeTable()
  table.load(
    units.map((unit, i) => nodeState(`n-${i}`, amount(unit), {})),
    [],
  )
  return table.views().map((node, i) => ({
    node,
    free: node.free,
    ownExecutions: 0,
    trouble: 0,
    othersTrouble: 0,
    isPreferred: preferred[i] ?? false,
    inputsHeld: 0,
    tieBreaker: i,
  }))
}
const chosen = (
  candidates: readonly Candidate[],
  count: number,
  MaxPerNode = 0,
  strategy: Strategy = 'spread',
): string[] => selectNodes(candidates, amount(1), count, { strategy, job: job({ MaxPerNode }) }).map(({ id }) => id)

describe('choosing nodes', () => {
  it('takes what the user prefers first, then spreads, then goes where most room is [F1, W37]', () => {
    expect(chosen(candidatesOf([2, 2, 1], [false, false, true]), 5)).toEqual(['n-2', 'n-0', 'n-1', 'n-0', 'n-1'])
    const [large, small] = candidatesOf([4, 4]) as [Candidate, Candidate]
    expect(chosen([{ ...large, free: amount(2) }, small], 1)).toEqual(['n-1'])
  })

  it('goes where the inputs are, but spreads all the same', () => {
    const [large, holder] = candidatesOf([4, 2]) as [Candidate, Candidate]
    const both = (): Candidate[] => [{ ...large }, { ...holder, inputsHeld: 1 }]
    expect(chosen(both(), 3)).toEqual(['n-1', 'n-0', 'n-1'])
    expect(chosen(both(), 3, 0, 'pack')).toEqual(['n-1', 'n-1', 'n-0'])
  })

  it('packs: fills the node that has least room left before it begins another, so that others stay empty', () => {
    const [large, used] = candidatesOf([4, 4]) as [Candidate, Candidate]
    const begun = (): Candidate[] => [{ ...large }, { ...used, free: amount(2) }]
    expect(chosen(begun(), 4, 0, 'pack')).toEqual(['n-1', 'n-1', 'n-0', 'n-0'])
    expect(chosen(begun(), 3, 1, 'pack')).toEqual(['n-1', 'n-0'])
    expect(chosen(candidatesOf([2, 2, 1], [false, false, true]), 3, 0, 'pack')[0]).toBe('n-2')
  })

  it('uses every slot and none twice, within the limit per node [F1, I3, W36]', () => {
    const cases = fc.record({
      units: fc.array(fc.nat(6), { maxLength: 8 }),
      count: fc.nat(40),
      limit: fc.nat(3),
      strategy: fc.constantFrom<Strategy>('spread', 'pack'),
    })
    fc.assert(
      fc.property(cases, ({ units, count, limit, strategy }) => {
        const nodes = chosen(candidatesOf(units), count, limit, strategy)
        const slots = units.map((unit) => (limit > 0 ? Math.min(unit, limit) : unit))
        expect(nodes.length).toBe(
          Math.min(
            count,
            slots.reduce((sum, slot) => sum + slot, 0),
          ),
        )
        for (const [i, slot] of slots.entries()) {
          const taken = nodes.filter((id) => id === `n-${i}`).length
          expect(taken).toBeLessThanOrEqual(slot)
          expect(fitsInto(amount(taken), amount(units[i] as number))).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})
