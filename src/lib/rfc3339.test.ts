import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { formatRfc3339, parseRfc3339, rfc3339OfNs, zeroTimeNs } from './rfc3339.ts'

describe('RFC 3339 times', () => {
  it('read and write nanoseconds and offsets', () => {
    const text = '2024-02-29T23:59:59.000000001+05:30'
    expect(parseRfc3339(text)).toEqual({ unixNs: 1_709_231_399_000_000_001n, offsetSeconds: 19_800 })
    expect(formatRfc3339(parseRfc3339(text))).toBe(text)
  })

  it('write the zero time of Go', () => {
    expect(rfc3339OfNs(zeroTimeNs)).toBe('0001-01-01T00:00:00Z')
  })

  it('refuse what Go refuses', () => {
    expect(() => parseRfc3339('2023-02-29T00:00:00Z')).toThrow('parsing time "2023-02-29T00:00:00Z": day out of range')
    expect(() => parseRfc3339('2024-01-02')).toThrow('cannot parse "" as "T"')
    expect(() => rfc3339OfNs(10n ** 30n)).toThrow('year outside of range [0,9999]')
  })
})

type TimeCase = { op: string; json: string; ns: string; sec: string; nsec: number; offset: number }

describeVectors(
  'time-json.json',
  ({ op, json, ns, sec, nsec, offset }: TimeCase) => {
    if (op === 'nanos') return { RFC3339Nano: rfc3339OfNs(BigInt(ns)) }
    if (op === 'encode') {
      return JSON.stringify(formatRfc3339({ unixNs: BigInt(sec) * 10n ** 9n + BigInt(nsec), offsetSeconds: offset }))
    }
    const time = parseRfc3339(json.slice(1, -1))
    return { json: JSON.stringify(formatRfc3339(time)), unixSeconds: String(floorSeconds(time.unixNs)) }
  },
  {
    isSame: (actual, expected) =>
      typeof actual === 'string' ? actual === expected : isPartOf(actual as object, expected as object),
    // What is no JSON text is the affair of the JSON decoder; shortening belongs to the tables.
    skip: ({ in: { op, json } }) => op === 'shorten' || (op === 'decode' && !json.startsWith('"')),
  },
)

const floorSeconds = (ns: bigint): bigint => (ns - (((ns % 10n ** 9n) + 10n ** 9n) % 10n ** 9n)) / 10n ** 9n
const isPartOf = (part: object, whole: object): boolean =>
  Object.entries(part).every(([key, value]) => (whole as Record<string, unknown>)[key] === value)
