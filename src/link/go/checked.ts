import type { Wire } from '#api/decode/wire-json.ts'
import { Fault } from '#lib/fault.ts'

/** Reads of what another node sent: a field of the wrong type is refused with its name, an absent one is its zero value. */
const refused = (name: string, wanted: string): Fault => new Fault('BadRequest', `${name} must be ${wanted}`)

export function textOf(value: unknown, name: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw refused(name, 'text')
  return value
}

/** 64 bit integers beyond 2^53 lose their last digits: amounts of bytes are below that. */
export function countOf(value: unknown, name: string): number {
  if (value === undefined || value === null) return 0
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !(number >= 0 && number < Infinity)) throw refused(name, 'a number, 0 or more')
  return number
}

/** An exit code: -1 where a program of Go's WASM engine ended without saying one. */
export function codeOf(value: unknown, name: string): number {
  if (value === undefined || value === null) return 0
  if (!Number.isSafeInteger(value)) throw refused(name, 'a whole number')
  return value as number
}

export function flagOf(value: unknown, name: string): boolean {
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw refused(name, 'true or false')
  return value
}

export function recordOf(value: unknown, name: string): Wire {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw refused(name, 'an object')
  return value as Wire
}

export function listOf<Item>(value: unknown, name: string, read: (item: unknown, name: string) => Item): Item[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw refused(name, 'a list')
  return value.map((item, index) => read(item, `${name}[${index}]`))
}

export const textMapOf = (value: unknown, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(recordOf(value, name)).map(([key, each]) => [key, textOf(each, `${name}.${key}`)]))
