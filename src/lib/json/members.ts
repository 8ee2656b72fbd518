/**
 * The members of JSON objects. Where a key stands more than once, Go reads each value in turn into what the ones before
 * left: an object then has the last value of each key, and remembers all as they were written.
 */
const written = Symbol('members as written')

export type JsonObject = Record<string, unknown>
type Members = { readonly keys: readonly string[]; readonly values: readonly unknown[] }

export function objectOfMembers(keys: readonly string[], values: readonly unknown[]): JsonObject {
  const object: JsonObject = {}
  for (let at = 0; at < keys.length; at++) setMember(object, keys[at] as string, values[at])
  if (Object.keys(object).length < keys.length) Object.defineProperty(object, written, { value: { keys, values } })
  return object
}

/** `__proto__` is a key like any other. */
export function setMember(object: JsonObject, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Visits every member as it was written; `step` leads to it: its key, or its place where keys are equal. */
export function eachMember(
  object: JsonObject,
  visit: (key: string, value: unknown, step: string | number) => void,
): void {
  const members = (object as { [written]?: Members })[written]
  if (members === undefined) for (const key in object) visit(key, object[key], key)
  else members.keys.forEach((key, at) => visit(key, members.values[at], at))
}

/**
 * Whether JSON.parse may have met equal keys in `text` when it made `value`: those leave fewer members than there are
 * colons behind a quote.
 */
export const mayHaveEqualKeys = (text: string, value: unknown): boolean => countKeyMarks(text) > countMembers(value)

/** The text `:x` alone is counted too; no key is missed. */
function countKeyMarks(text: string): number {
  let count = 0
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    let before = colon - 1
    while (text.charCodeAt(before) <= 0x20) before--
    if (text.charCodeAt(before) === 0x22 && !isEscaped(text, before)) count++
  }
  return count
}

/**
 * Whether a key is written with an escape. V8 takes such a key for one that an object of that shape once had, when that
 * one has a backslash where the escape begins: after `a\\`, `"a\\n"` is read as `a\\`.
 */
export function hasEscapedKey(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    at = text.indexOf('"', at)
    while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
    if (at === -1) return false
    do at++
    while (text.charCodeAt(at) <= 0x20)
    if (text.charCodeAt(at) === 0x3a) return true
  }
  return false
}

function isEscaped(text: string, at: number): boolean {
  let start = at
  while (text.charCodeAt(start - 1) === 0x5c) start--
  return (at - start) % 2 === 1
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) for (const item of value) count += countMembers(item)
  else for (const key in value) count += 1 + countMembers((value as JsonObject)[key])
  return count
}
