import { expect, it } from 'vitest'
import { momentOf, readSince } from './since-flag.ts'

const now = 1_800_000_000_000_000_000n

it('a moment is so long ago, or a time with its zone [R19]', () => {
  expect(momentOf(readSince('1h30m'), now)).toBe(now - 5_400_000_000_000n)
  expect(momentOf(readSince('0'), now)).toBe(now)
  expect(momentOf(readSince('2026-01-31T13:00:00.5+01:00'), now)).toBe(1_769_860_800_500_000_000n)
})

it.each(['', 'yesterday', '-5m', '2026-01-31', '2026-13-31T12:00:00Z', '2026-01-31T12:00:00'])(
  '%j is no moment, and what is one is said',
  (text) => {
    expect(() => readSince(text)).toThrow(/is neither a duration \(10m, 1h30m\) nor a time/)
  },
)
