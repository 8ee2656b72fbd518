import { expect, it } from 'vitest'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { nsOfTime, readTime } from './decode/wire-json.ts'
import { goTime } from './encode/go-json.ts'

type Decode = { op: 'decode'; json: string }
type Encode = { op: 'encode'; sec: string; nsec: number; offset: number }
type Nanos = { op: 'nanos'; ns: string }
type Input = Decode | Encode | Nanos
type Read = { isZero: boolean; unixSeconds: string; nanos: number }

const second = 1_000_000_000n
const nsOf = ({ sec, nsec }: Encode): bigint => BigInt(sec) * second + BigInt(nsec)

/** What cannot be written by us. */
function isUnknown({ in: input }: VectorCase): boolean {
  switch (input.op) {
    case 'encode':
      // A time of ours has no offset, is one of int64 (those end in 2262), and 0 stands for Go's zero time.
      return input.offset !== 0 || /^(?:253402300800|-62167219201)$/.test(input.sec) || nsOf(input) === 0n
    case 'nanos':
      return BigInt(input.ns) === 0n
    default:
      // Read, but not written again by Go for its offset, and ours keeps none. And `shorten` is an op of tables.
      return input.op !== 'decode' || input.json === '"2024-01-02T03:04:05+24:00"'
  }
}

function timeOf(input: Input): unknown {
  switch (input.op) {
    case 'decode':
      return decoded(JSON.parse(input.json))
    case 'encode':
      return goTime(nsOf(input))
    case 'nanos':
      return goTime(BigInt(input.ns))
  }
}

function decoded(value: unknown): unknown {
  if (value !== null && (typeof value !== 'string' || readTime(value) === undefined)) {
    expect(nsOfTime(value)).toBe(0n)
    throw new Error('no time')
  }
  return { ns: String(nsOfTime(value)) }
}

describeVectors('time-json.json', timeOf, {
  skip: isUnknown,
  // An answer with a time that is none is shown all the same, without the time.
  errors: 'any',
  isSame: (actual, expected, { in: input }) => {
    // The other forms of a time in nanoseconds are those of tables, and judged there.
    if (input.op === 'nanos') return actual === `"${(expected as { RFC3339Nano: string }).RFC3339Nano}"`
    if (input.op === 'encode') return actual === expected
    const { isZero, unixSeconds, nanos } = expected as Read
    const wanted = isZero ? 0n : BigInt(unixSeconds) * second + BigInt(nanos)
    return (actual as { ns: string }).ns === String(wanted)
  },
})

it('a time that cannot be read is none', () => {
  expect([nsOfTime('2024-01-02T03:04:05+01:61'), nsOfTime('soon'), nsOfTime(undefined)]).toEqual([0n, 0n, 0n])
})
