import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { formatDuration, parseDuration } from './duration.ts'

describe('durations', () => {
  it('reads several units and a fraction as nanoseconds', () => {
    expect(parseDuration('1h30m')).toBe(5_400_000_000_000n)
    expect(parseDuration('-1.5s')).toBe(-1_500_000_000n)
    expect(parseDuration('.5ms')).toBe(500_000n)
    expect(parseDuration('0')).toBe(0n)
  })

  it('reads the whole int64 range and nothing beyond', () => {
    expect(parseDuration('-9223372036854775808ns')).toBe(-(1n << 63n))
    expect(() => parseDuration('9223372036854775808ns')).toThrow('time: invalid duration "9223372036854775808ns"')
  })

  it('says what is wrong and what is right', () => {
    expect(() => parseDuration('5')).toThrow('time: missing unit in duration "5"')
    expect(() => parseDuration('1d')).toThrow('time: unknown unit "d" in duration "1d"')
    expect(() => parseDuration('1constructor')).toThrow('time: unknown unit "constructor"')
    expect(() => parseDuration('')).toThrow(expect.objectContaining({ code: 'BadRequest', hint: expect.any(String) }))
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (nanos) => {
        // Fractions go through a float, as in Go, so only whole microseconds of short spans are exact.
        const whole = (nanos / 1_000_000_000n) * 1_000_000_000n
        expect(parseDuration(formatDuration(whole))).toBe(whole)
      }),
      { seed: 1 },
    )
  })
})

describeVectors('duration-parse.json', (text: string) => {
  const nanos = parseDuration(text)
  return { ns: String(nanos), string: formatDuration(nanos) }
})
describeVectors('duration-string.json', (nanos: string) => formatDuration(BigInt(nanos)))
