import { isDeepStrictEqual } from 'node:util'
import { formatFloat } from '#lib/go/strconv-float.ts'
import { parseJson } from '#lib/json/parse.ts'
import { numberOfJson } from '#lib/json/raw-number.ts'
import { stringifyJson } from '#lib/json/stringify.ts'
import type { StructOf } from '#models/shape.schema.ts'
import { goSentence } from '#models/shape-fault.schema.ts'
import { goSample, toldBy } from '../../test/kit/go-sample.ts'
import { describeVectors } from '../../test/kit/vectors.ts'
import { goTime } from './encode/go-json.ts'

type Inner = { A?: string; B?: number }
type Sample = StructOf<typeof goSample.fields>

/** As Go writes the sample: fields that are not left out when empty are there. */
function written(sample: Sample): unknown {
  const { BY, F32, IN, IP, IL, Q, T, ARR, A, AO, ...plain } = sample
  const always = { S: '', N: 0, P: null, L: null, M: null, NoTag: '', E1: '' }
  const left = Object.entries(plain).filter(([name, value]) => name in always || !isEmpty(name, value))
  return {
    ...always,
    ...Object.fromEntries(left),
    A: asFloats(A ?? null),
    ...(AO !== undefined && { AO: asFloats(AO) }),
    ARR: ARR ?? [0, 0],
    IN: writtenInner(IN ?? {}),
    T: T === undefined ? '0001-01-01T00:00:00Z' : JSON.parse(goTime(T)),
    ...(BY && { BY }),
    ...(F32 && { F32: Number(formatFloat(F32, 'g', -1, 32)) }),
    ...(IP && { IP: writtenInner(IP) }),
    ...(IL && IL.length > 0 && { IL: IL.map(writtenInner) }),
    ...(Q && { Q: String(Q) }),
  }
}

const writtenInner = ({ A = '', B = 0 }: Inner): Inner => (B === 0 ? { A } : { A, B })

const isEmpty = (name: string, value: unknown): boolean => {
  if (typeof value !== 'object') return name !== 'PS' && !value
  return value === null || Object.keys(value).length === 0
}

/** Go holds numbers of no known kind as floats. */
function asFloats(value: unknown): unknown {
  const number = numberOfJson(value)
  if (number !== undefined) return number
  if (Array.isArray(value)) return value.map(asFloats)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asFloats(each)]))
}

/** An `int` is a number here, which beyond 2^53 is rounded; those of 64 bits are exact. */
function rounded(text: string): unknown {
  const { N, P, ...exact } = parseJson(text) as Record<string, unknown>
  return { ...exact, N: Number(N), P: P === null ? null : Number(P) }
}

// What reads the bodies that clients send, judged by Go's own reader.
describeVectors(
  'json-go.json',
  (source: string) => {
    const value = parseJson(source, { keepsText: true })
    try {
      return stringifyJson(written(value === null ? {} : goSample.decode(value)))
    } catch (error) {
      throw new Error(toldBy(error) ?? goSentence(error as Error), { cause: error })
    }
  },
  {
    // How a text is no base64 and no time is said by kinds that no body has; that it is told, and instead of what, is judged.
    isSameError: (actual, wanted) =>
      actual === wanted || (/^(?:illegal base64 data|parsing time)$/.test(actual) && wanted.startsWith(`${actual} `)),
    isSame: (actual, expected) => isDeepStrictEqual(rounded(actual as string), rounded(expected as string)),
  },
)
