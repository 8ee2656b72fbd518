import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderTable } from '#lib/text/table.ts'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { ageText, dateTime, elapsed, stampMillis } from './times.ts'

// Some moments passed while ages were measured: those to come were less than a whole second nearer.
describeVectors('elapsed.json', (seconds: number) => `${ageText(BigInt(seconds < 0 ? seconds + 1 : seconds))} ago`)

type TableTime = { op: string; ns: string; text: string; max: number }
type Forms = { DateTime: string; Milli: string }

// Times in JSON are judged with what reads and writes it.
describeVectors(
  'time-json.json',
  ({ op, ns, text, max }: TableTime) =>
    op === 'shorten'
      ? renderTable([{ name: '', max, wrap: 'time' }], [[text]], { hasHeader: false }).trim()
      : { DateTime: dateTime(BigInt(ns)), Milli: stampMillis(BigInt(ns)).slice('Jan 02 '.length) },
  {
    skip: ({ in: { op } }) => op !== 'nanos' && op !== 'shorten',
    isSame: (actual, expected) => {
      if (typeof expected === 'string') return actual === expected
      const { DateTime, Milli } = expected as Forms
      return isDeepStrictEqual(actual, { DateTime, Milli })
    },
  },
)

describe('times in tables', () => {
  it('are UTC', () => {
    expect(dateTime(1_718_705_133_123_456_789n)).toBe('2024-06-18 10:05:33')
    expect(stampMillis(1_718_705_133_123_456_789n)).toBe('Jun 18 10:05:33.123')
    expect(stampMillis(1_717_236_333_000_000_000n)).toBe('Jun  1 10:05:33.000')
    expect(dateTime(0n)).toBe('1970-01-01 00:00:00')
  })

  it('say how long ago something was, never that it comes', () => {
    expect(elapsed(1_000_000_000n, 185_000_000_000n)).toBe('3m4s ago')
    expect(elapsed(5n, 1n)).toBe('0s ago')
  })
})
