import { describe, expect, it } from 'vitest'
import { dueAt, restMs } from './housekeeping.ts'

const second = 1_000_000_000n

describe('housekeeping', () => {
  it('removes jobs, then history, that ended longer ago than each is kept [W23]', () => {
    expect(dueAt({ jobsNs: 5n * second, historyNs: 2n * second }, 100n * second)).toEqual([
      { which: 'all', before: 95n * second },
      { which: 'with history', before: 98n * second },
    ])
    expect(dueAt({ jobsNs: 0n, historyNs: 2n * second }, 100n * second)).toEqual([
      { which: 'with history', before: 98n * second },
    ])
  })

  it('has nothing to do when everything is kept for ever', () => {
    expect(dueAt({ jobsNs: 0n, historyNs: 0n }, 100n * second)).toEqual([])
    expect(restMs({ jobsNs: 0n, historyNs: 0n })).toBeUndefined()
  })

  it('looks a tenth of the shortest age later, within a second and a minute', () => {
    expect(restMs({ jobsNs: 3_600n * second, historyNs: 0n })).toBe(60_000)
    expect(restMs({ jobsNs: 3_600n * second, historyNs: 100n * second })).toBe(10_000)
    expect(restMs({ jobsNs: second / 10n, historyNs: 0n })).toBe(1_000)
  })
})
