import { nsOfTime } from '#api/decode/wire-json.ts'
import { quote } from '#lib/go/strconv-quote.ts'
import { eachMember, type JsonObject } from '#lib/json/members.ts'
import { numberOfJson } from '#lib/json/raw-number.ts'
import {
  flag,
  int,
  int64,
  integer,
  list,
  Mismatch,
  refuseBeyondFloats,
  type Shape,
  struct,
  text,
  textMap,
  Unreadable,
  uint64,
} from '#models/shape.schema.ts'

/**
 * The sample shape of json-go.json. The kinds that nothing on our wire has are made here, so that what is around them is
 * judged too: equal keys, null, mistakes and their order.
 */
const shape = <Value>(goType: string, decode: Shape<Value>['decode']): Shape<Value> => ({ goType, schema: {}, decode })
const pointer = <Value>(to: Shape<Value>): Shape<Value> => ({ ...to, isEmptiedByNull: true })

/** A mistake in a sentence of its own that does not end reading. */
class Told extends Mismatch {
  readonly sentence: string
  constructor(value: unknown, goType: string, sentence: string) {
    super(value, goType)
    this.sentence = sentence
  }
}
export const toldBy = (error: unknown): string | undefined => (error instanceof Told ? error.sentence : undefined)

const any: Shape<unknown> = pointer(
  shape('interface {}', (value) => {
    refuseBeyondFloats(value)
    return value
  }),
)

const float = (goType: string, round: (value: number) => number): Shape<number> =>
  shape(goType, (value) => {
    const number = numberOfJson(value)
    if (number === undefined) throw new Mismatch(value, goType)
    const rounded = round(number)
    if (!Number.isFinite(rounded)) throw new Mismatch(value, goType, `number ${(value as { rawJSON: string }).rawJSON}`)
    return rounded
  })

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && numberOfJson(value) === undefined

/** Go reads a value before it looks at its key, and tells the first mistake. */
function mapOf<Value>(keyType: 'string' | 'int', item: Shape<Value>, zero: Value): Shape<Record<string, Value>> {
  const goType = `map[${keyType}]${item.goType}`
  return pointer(
    shape(goType, (value, before) => {
      if (!isObject(value)) throw new Mismatch(value, goType)
      const map = new Map(Object.entries(before ?? {}))
      eachMember(value, (key, each) => {
        const decoded = each === null ? zero : item.decode(each)
        if (keyType === 'int' && !/^[-+]?\d{1,18}$/.test(key)) throw new Mismatch(key, 'int', `number ${key}`)
        map.set(keyType === 'int' ? String(BigInt(key)) : key, decoded)
      })
      return Object.fromEntries(map)
    }),
  )
}

const byteList = list(integer('uint8', 0n, 255n), 0n)
const bytes: Shape<string> = pointer(
  shape('[]uint8', (value) => {
    if (Array.isArray(value)) return Buffer.from(byteList.decode(value).map(Number)).toString('base64')
    if (typeof value !== 'string') throw new Mismatch(value, '[]uint8')
    const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)
    if (!isBase64) throw new Told(value, '[]uint8', 'illegal base64 data')
    return value
  }),
)

const pairList = list(int, 0)
const pair: Shape<number[]> = shape('[2]int', (value, before) => {
  if (!Array.isArray(value)) throw new Mismatch(value, '[2]int')
  return [...pairList.decode(value.slice(0, 2), before), 0, 0].slice(0, 2)
})

const misuse = 'json: invalid use of ,string struct tag, trying to unmarshal'
/** Go stops at what could not begin any JSON value. */
function misusedBy(value: string): Error {
  const sentence = `${misuse} ${quote(value)} into int`
  return /^(?:[ntf"]|$)/.test(value) ? new Told(value, 'int', sentence) : new Unreadable(sentence)
}
const quoted: Shape<bigint> = shape('int', (value, before = 0n) => {
  refuseBeyondFloats(value)
  if (typeof value !== 'string') throw new Told(value, 'int', `${misuse} unquoted value into int`)
  if (value === 'null') return before
  if (!/^[-0-9]/.test(value)) throw misusedBy(value)
  if (!/^-?[0-9]+$/.test(value)) throw new Mismatch(value, 'int', `number ${value}`)
  return BigInt(value)
})

/** Read by what reads times in answers. Nothing we are sent has one, so nothing of ours says what is wrong with it. */
const time: Shape<bigint> = shape('time.Time', (value) => {
  if (typeof value !== 'string') throw new Unreadable('Time.UnmarshalJSON: input is not a JSON string')
  const ns = nsOfTime(value)
  if (ns === 0n) throw new Unreadable('parsing time')
  return ns
})

const inner = struct('main', 'jInner', { A: text, B: int })
const innerValue = { ...inner, isEmptiedByNull: false }

export const goSample = struct('main', 'jT', {
  S: text,
  N: int,
  I8: integer('int8', -128n, 127n),
  I64: int64,
  U8: integer('uint8', 0n, 255n),
  U64: uint64,
  F: float('float64', (value) => value),
  F32: float('float32', Math.fround),
  B: flag,
  P: pointer(int),
  PS: pointer(text),
  L: list(text, ''),
  LO: list(int, 0),
  M: mapOf('string', int, 0),
  MO: textMap,
  MI: mapOf('int', text, ''),
  BY: bytes,
  ARR: pair,
  A: any,
  AO: any,
  IN: innerValue,
  IP: inner,
  IL: list(innerValue, {}),
  Q: quoted,
  T: time,
  D: integer('time.Duration', -(2n ** 63n), 2n ** 63n - 1n),
  NoTag: text,
  E1: text,
})
