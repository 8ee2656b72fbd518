import type { Leaf } from './leaf.ts'
import type { Loaded, Origin } from './load.ts'
import { type OldKey, oldKeys } from './old-keys.ts'
import { kindOfOld } from './old-kind.ts'
import { printableValue } from './printable.ts'
import { type Key, keys } from './tree.ts'

/** One key with the value that holds. Secrets are masked already. */
export type ListedSetting = {
  readonly key: string
  readonly value: unknown
  /** One sentence for people. */
  readonly about: string
  readonly origin: Origin
}

/**
 * Every key of both generations with the value that holds and where it came from, sorted by key: those of today in
 * their own spelling, then those of 1.4 in lower case. A few of 1.4 mean the node and not the client: `node` is what
 * that one sees.
 */
export function listSettings(client: Loaded, node: Loaded): ListedSetting[] {
  const today = keys.map((key) => listed(key, client))
  const old = oldKeys
    .filter(({ isVariant }) => !isVariant)
    .map((key) => listedOld(key, key.side === 'node' ? node : client))
  return [...sorted(today), ...sorted(old)]
}

const sorted = (rows: readonly ListedSetting[]): ListedSetting[] => rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))

const listed = ({ path, leaf }: Key, loaded: Loaded): ListedSetting => ({
  key: path,
  value: printableValue(leaf, valueAt(path, loaded)),
  about: leaf.about,
  origin: loaded.originOf(path),
})

/** The value of its new key, said in the old way; without one what was given, which changes nothing. */
function listedOld(key: OldKey, loaded: Loaded): ListedSetting {
  const path = key.path.toLowerCase()
  const [target] = key.to
  if (target === undefined) {
    const given = loaded.oldValueOf(path)
    return {
      key: path,
      value: given?.value ?? '',
      about: 'Key of 1.4 without effect',
      origin: given?.origin ?? { layer: 'default', as: 'default' },
    }
  }
  const values = key.to.map((each) => valueAt(each, loaded))
  return {
    key: path,
    value: shownOld(key, leafOf(target), key.back ? key.back(...values) : values[0]),
    about: `Name in 1.4 of ${key.to.join(', ')}`,
    origin: loaded.originOf(target),
  }
}

/** Durations of 1.4 are nanoseconds. */
const shownOld = (key: OldKey, leaf: Leaf<any>, value: unknown): unknown =>
  leaf.isSecret || kindOfOld(key) !== 'duration' ? (key.back ? value : printableValue(leaf, value)) : value

const valueAt = (path: string, { settings }: Loaded): unknown =>
  path.split('.').reduce<any>((section, name) => section[name], settings)

const leafOf = (path: string): Leaf<any> => (keys.find((key) => key.path === path) as Key).leaf
