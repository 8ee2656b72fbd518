import { isRawNumber, rawNumber } from './raw-number.ts'

/**
 * JSON between parts of ours (rows, messages between nodes of ours): exactly the value comes back, also a `bigint` and a
 * number that keeps its source text (`JSON.rawJSON`). Those are strings that begin with a mark; a string that begins with
 * the mark itself gets one more. Keys have a mark of their own.
 */
const mark = '\u0001'
const writtenMark = '\\u0001'
/** Needs no escape in JSON. */
const keyMark = '\u007f'

export const exactJson = (value: unknown): string => JSON.stringify(packed(value))

/** The JSON of a record with one more member, whose JSON is at hand. `name` is a plain one. */
export function exactJsonWith(record: object, name: string, json: string): string {
  const text = exactJson(record)
  return `${text.slice(0, -1)}${text === '{}' ? '' : ','}"${name}":${json}}`
}

export function parseExact<Value>(text: string): Value {
  const value = JSON.parse(text)
  if (text.includes(keyMark)) return unpacked(value)
  if (!text.includes(writtenMark)) return value
  const whole = { value }
  unmarkWithin(whole)
  return whole.value
}

/** The same value where nothing in it needs a mark. */
function packed(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? `${mark}s${value}` : value
  if (typeof value === 'bigint') return `${mark}n${value}`
  if (typeof value !== 'object' || value === null) return value
  if (isRawNumber(value)) return `${mark}r${value.rawJSON}`
  return Array.isArray(value) ? packedList(value) : packedRecord(value as Record<string, unknown>)
}

function packedList(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let index = 0; index < list.length; index++) {
    const item = packed(list[index])
    if (item === list[index]) continue
    copy ??= list.slice()
    copy[index] = item
  }
  return copy ?? list
}

function packedRecord(record: Record<string, unknown>): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const key in record) {
    if (isOdd(key)) return rebuilt(record, packedKey, packed)
    const value = packed(record[key])
    if (value === record[key]) continue
    copy ??= { ...record }
    setOwn(copy, key, value)
  }
  return copy ?? record
}

/** Of what has no odd key, which is nearly all, only marked texts are put in anew. */
function unmarkWithin(record: any): void {
  for (const key in record) {
    const value = record[key]
    if (typeof value === 'string') {
      if (value.startsWith(mark)) setOwn(record, key, unmarked(value))
    } else if (Array.isArray(value)) unmarkList(value)
    else if (typeof value === 'object') unmarkWithin(value)
  }
}

/** Not by the loop above: where a name may be a number too, V8 takes three times as long for both. */
function unmarkList(list: unknown[]): void {
  for (const [index, value] of list.entries()) {
    if (typeof value === 'string') list[index] = unmarked(value)
    else if (Array.isArray(value)) unmarkList(value)
    else unmarkWithin(value)
  }
}

function unpacked(value: any): any {
  if (typeof value === 'string') return unmarked(value)
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(unpacked) : rebuilt(value, unpackedKey, unpacked)
}

/** No stored key is written with an escape, because V8 may misread it (`hasEscapedKey`): hex digits behind a mark stand for it. */
const oddInKey = /["\\\u0000-\u001f\u007f\ud800-\udfff]/

/** Most keys are names of fields, which come again and again: finding one here takes a fifth of the time of looking through it. */
const plainKeys = new Set<string>()
const plainKeysLimit = 1_024
const longestPlainKey = 64

function isOdd(key: string): boolean {
  if (plainKeys.has(key)) return false
  if (oddInKey.test(key)) return true
  if (plainKeys.size < plainKeysLimit && key.length <= longestPlainKey) plainKeys.add(key)
  return false
}

const packedKey = (key: string): string =>
  key.replace(new RegExp(oddInKey, 'g'), (odd) => `${keyMark}${odd.charCodeAt(0).toString(16).padStart(4, '0')}`)
const unpackedKey = (key: string): string =>
  key.replace(/\u007f([0-9a-f]{4})/g, (_all, code) => String.fromCharCode(Number.parseInt(code, 16)))

function rebuilt(
  record: Record<string, unknown>,
  nameOf: (key: string) => string,
  valueOf: (value: unknown) => unknown,
): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (const key in record) setOwn(made, nameOf(key), valueOf(record[key]))
  return made
}

function unmarked(text: string): unknown {
  if (!text.startsWith(mark)) return text
  const rest = text.slice(2)
  if (text[1] === 'n') return BigInt(rest)
  return text[1] === 'r' ? rawNumber(rest) : rest
}

/** A user's key may be `__proto__`, which plain assignment would swallow. */
function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true })
  else record[key] = value
}
