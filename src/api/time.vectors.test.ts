import { expect, it } from 'vitest'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { nsOfTime } from './decode/wire-json.ts'
import { goTime } from './encode/go-json.ts'

type Decode = { op: 'decode'; json: string }
type Encode = { op: 'encode'; sec: string; nsec: number; offset: number }
type Nanos = { op: 'nanos'; ns: string }
type Input = Decode | Encode | Nanos

/** Go reads these forms, and nobody writes them. */
const isOdd = (json: string): boolean => /T\d:|[+-]\d\d:[6-9]/.test(json)

/** Ours are times of this system: after 1970, in UTC; 0 is Go's zero time. What is no time counts as none. */
function isOurs({ in: input, accepted: [first] }: VectorCase): boolean {
  if (first === undefined || 'err' in first) return false
  switch (input.op) {
    case 'decode': {
      const { isZero, unixSeconds } = first.out as { isZero: boolean; unixSeconds: string }
      return !isZero && !unixSeconds.startsWith('-') && !isOdd(input.json)
    }
    case 'encode':
      return input.offset === 0 && BigInt(input.sec) > 0n
    default:
      return input.op === 'nanos' && BigInt(input.ns) > 0n
  }
}

function timeOf(input: Input): unknown {
  switch (input.op) {
    case 'decode': {
      const ns = nsOfTime(JSON.parse(input.json))
      return { unixSeconds: String(ns / 1_000_000_000n), nanos: Number(ns % 1_000_000_000n) }
    }
    case 'encode':
      return goTime(BigInt(input.sec) * 1_000_000_000n + BigInt(input.nsec))
    case 'nanos':
      return { RFC3339Nano: JSON.parse(goTime(BigInt(input.ns))) }
  }
}

it('a time that cannot be read is none', () => {
  expect([nsOfTime('2024-01-02T03:04:05+01:60'), nsOfTime('soon'), nsOfTime(undefined)]).toEqual([0n, 0n, 0n])
})

describeVectors('time-json.json', timeOf, {
  skip: (vector) => !isOurs(vector),
  isSame: (actual, expected) => {
    if (typeof expected === 'string') return actual === expected
    const wanted = expected as Record<string, unknown>
    return Object.entries(actual as object).every(([name, value]) => wanted[name] === value)
  },
})
