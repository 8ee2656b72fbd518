import type { Wire } from '#api/decode/wire-json.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'

/** Reads of what another node sent: a field of the wrong type is refused with its name, an absent one is its zero value. */
const refused = (name: string, wanted: string): Fault => new Fault('BadRequest', `${name} must be ${wanted}`)

export function textOf(value: unknown, name: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw refused(name, 'text')
  return value
}

/** An execution as a node names it; it also names folders there. */
export function executionIdOf(value: unknown, name: string): ExecutionId {
  if (typeof value !== 'string' || !executionIdPattern.test(value)) throw refused(name, 'the id of an execution')
  return value as ExecutionId
}

const executionIdPattern = /^[\w-]{1,128}$/

/** The name that a node gives itself, which must be that of the node it came from. Throws a Fault Forbidden. */
export function ownNameOf(value: unknown, nodeId: NodeId): NodeId {
  if (value !== nodeId) throw new Fault('Forbidden', 'a node may speak only for itself')
  return nodeId
}

/** A sentence for people: what is longer than 16 Ki characters is cut. */
export const sentenceOf = (value: unknown, name: string): string => textOf(value, name).slice(0, sentenceLimit)

/** Why something was refused; it may quote what was refused, so it is cut like any sentence. */
export const reasonOf = (error: unknown): string => messageOf(error).slice(0, sentenceLimit)

const sentenceLimit = 16 * 1024

/** 64 bit integers beyond 2^53 lose their last digits: amounts of bytes are below that. */
export function countOf(value: unknown, name: string): number {
  if (value === undefined || value === null) return 0
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !(number >= 0 && number < Infinity)) throw refused(name, 'a number, 0 or more')
  return number
}

/** A number of things or bytes, as 64 bits hold it. */
export function wholeOf(value: unknown, name: string): number {
  const count = countOf(value, name)
  if (!Number.isInteger(count) || count >= 2 ** 63) throw refused(name, 'a whole number below 2^63')
  return count
}

/** A time of a node of ours: Unix nanoseconds. */
export function nsOf(value: unknown, name: string): bigint {
  if (typeof value !== 'bigint' || value < 0n || value >= 2n ** 63n) throw refused(name, 'nanoseconds since 1970')
  return value
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
  if (!isRecord(value)) throw refused(name, 'an object')
  return value
}

export const isRecord = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object that is stored as it is. */
export function smallRecordOf(value: unknown, name: string): Wire {
  const record = recordOf(value, name)
  if (Buffer.byteLength(JSON.stringify(record)) > smallBytes) throw refused(name, `at most ${smallBytes} bytes`)
  return record
}

const smallBytes = 64 * 1024

export function listOf<Item>(value: unknown, name: string, read: (item: unknown, name: string) => Item): Item[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw refused(name, 'a list')
  if (value.length > listLimit) throw refused(name, `a list of at most ${listLimit}`)
  return value.map((item, index) => read(item, `${name}[${index}]`))
}

/** No list of a node is that long. */
const listLimit = 10_000

export const textMapOf = (value: unknown, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(recordOf(value, name)).map(([key, each]) => [key, textOf(each, `${name}.${key}`)]))
