import { type OldKey, oldKeys, type Side } from './old-keys.ts'
import { type Key, keys } from './tree.ts'

/** One value somebody gave, before it is checked. `as` is the key in the spelling it was given in. */
export type Given = { readonly as: string; readonly key: Key | OldKey; readonly value: unknown }
export type Flat = { readonly given: readonly Given[]; readonly unknown: readonly string[] }

export const isOldKey = (key: Key | OldKey): key is OldKey => 'to' in key

const leaves = new Map<string, Key>(keys.map((key) => [key.path.toLowerCase(), key]))
const olds = new Map<string, readonly OldKey[]>()
for (const key of oldKeys) {
  const path = key.path.toLowerCase()
  olds.set(path, [...(olds.get(path) ?? []), key])
}
const sections = new Set(
  [...leaves.keys(), ...olds.keys()].flatMap((path) => {
    const parts = path.split('.')
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
  }),
)

/** The key of 1.4 of that name, whatever its case, and whichever side of the program it speaks to. */
export const findOldKey = (path: string): OldKey | undefined => olds.get(path.toLowerCase())?.[0]

/** The setting of either generation that a key names, whatever its case. */
export const findKey = (path: string, side: Side): Key | OldKey | undefined => {
  const lower = path.toLowerCase()
  const old = olds.get(lower)?.find((key) => key.side === undefined || key.side === side)
  return leaves.get(lower) ?? old ?? (olds.has(lower) ? { path, to: [] } : undefined)
}

/** Turns the document of a file into single settings; keys may be nested, dotted, and in any case. */
export const flatten = (document: unknown, side: Side): Flat => {
  const given: Given[] = []
  const unknown: string[] = []
  const walk = (node: object, prefix: string): void => {
    for (const [name, value] of Object.entries(node)) {
      const path = prefix === '' ? name : `${prefix}.${name}`
      const key = findKey(path, side)
      if (key) given.push({ as: path, key, value })
      else if (!sections.has(path.toLowerCase())) unknown.push(path)
      else if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(value, path)
      else if (value !== null) unknown.push(path)
    }
  }
  if (typeof document === 'object' && document !== null) walk(document, '')
  return { given, unknown }
}
