import { Fault } from '#lib/fault.ts'
import { cast, isSameValue } from './cast.ts'
import { absoluteDataDir } from './data-dir.ts'
import { findKey, flatten, type Given, isOldKey } from './flatten.ts'
import { isLeaf, type Tree } from './leaf.ts'
import { nearKey } from './near-key.ts'
import { type OldKey, oldKeys, type Side } from './old-keys.ts'
import { envNameOf, type Key, keys, type Settings, tree } from './tree.ts'

/** Everything that may hold a setting, weakest first: files in order, environment, flags, `-c` pairs. */
export type Sources = {
  readonly side: Side
  /** Home directory, for `~`. */
  readonly home: string
  /** Defaults that depend on other settings; weaker than everything else. */
  readonly defaults?: Readonly<Record<string, unknown>>
  /** `values` is the document as YAML gives it; null for an empty file. */
  readonly files?: readonly { readonly path: string; readonly values: unknown }[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** `flag` without dashes; `key` of either generation. */
  readonly flags?: readonly { readonly flag: string; readonly key: string; readonly value: unknown }[]
  readonly pairs?: readonly { readonly key: string; readonly value: unknown }[]
  /** Unknown keys are errors instead of notices. */
  readonly isStrict?: boolean
}

/** Where a value came from. `as` is what the user wrote: the file's key, the variable, the flag. */
export type Origin = { readonly layer: 'default' | 'file' | 'environment' | 'flag' | 'pair'; readonly as: string }

type Notice = { readonly kind: 'unknown-key' | 'old-key'; readonly message: string }

export type Loaded = {
  readonly settings: Settings
  /** Where the value of a key (`API.Port`) came from. */
  originOf(path: string): Origin
  /** The value that was given for a key; undefined = its default holds. */
  givenFor(path: string): unknown
  /** What was given under a key of 1.4 (in lower case), as it was given; undefined = nothing. */
  oldValueOf(path: string): { readonly value: unknown; readonly origin: Origin } | undefined
  /** Things to tell the user, one sentence each. */
  readonly notices: readonly Notice[]
}

type Value = { readonly value: unknown; readonly origin: Origin }
type Layer = { readonly values: ReadonlyMap<string, Value>; readonly olds: ReadonlyMap<string, Value> }

/**
 * Merges all sources into frozen, checked settings that know where they came from.
 * Throws a Fault for a value of the wrong kind, the same setting given twice with different values in one place,
 * a flag that contradicts a pair, and (strict) an unknown key.
 */
export function load(sources: Sources): Loaded {
  const notices: Notice[] = []
  const merged = new Map<string, Value>()
  const olds = new Map<string, Value>()
  const apply = (layer: Layer, isMerging: boolean) => {
    for (const [path, old] of layer.olds) olds.set(path, old)
    for (const [path, next] of layer.values) merged.set(path, isMerging ? mergedMap(merged.get(path), next) : next)
  }
  for (const file of sources.files ?? []) {
    const { given, unknown } = flatten(file.values, sources.side)
    notices.push(...unknown.map((key) => unknownKey(key, file.path)))
    apply(
      layerOf(given, 'file', (each) => `${each.as} in ${file.path}`, notices),
      true,
    )
  }
  apply(
    layerOf(envValues(sources), 'environment', (each) => each.as, notices),
    false,
  )
  const flags = layerOf(namedValues(sources.flags ?? [], sources.side), 'flag', (each) => each.as, [])
  const pairs = layerOf(namedValues(sources.pairs ?? [], sources.side), 'pair', (each) => each.as, notices)
  refuseContradictions(flags, pairs)
  apply(flags, false)
  apply(pairs, false)

  const strange = notices.find((notice) => notice.kind === 'unknown-key')
  if (sources.isStrict && strange) throw new Fault('ValidationError', strange.message, { component: 'Config' })
  return {
    settings: freeze(valuesOf(tree, '', merged, sources)) as Settings,
    originOf: (path) => merged.get(path)?.origin ?? { layer: 'default', as: 'default' },
    givenFor: (path) => merged.get(path)?.value,
    oldValueOf: (path) => olds.get(path),
    notices,
  }
}

/** Settings of new keys from what was given in one place; old keys are translated here. */
function layerOf(
  given: readonly Given[],
  layer: Origin['layer'],
  describe: (given: Given) => string,
  notices: Notice[],
): Layer {
  const values = new Map<string, Value>()
  const olds = new Map<string, Value>()
  const decided = new Set(given.filter(isStronger).flatMap((each) => targets(each).map(([path]) => path)))
  for (const each of given) {
    const origin = { layer, as: describe(each) }
    if (isOldKey(each.key)) {
      notices.push(oldKeyNotice(each.key, origin.as))
      olds.set(each.key.path.toLowerCase(), { value: each.value, origin })
    }
    for (const [path, value] of targets(each)) {
      const next = { value: castFrom(origin, path, value), origin }
      const before = values.get(path)
      if (decided.has(path) && isOldKey(each.key) && !each.key.isStronger) continue
      if (before && !isSameValue(before.value, next.value) && !isSameName(before.origin.as, origin.as)) {
        throw contradiction(path, before.origin.as, origin.as)
      }
      values.set(path, next)
    }
  }
  return { values, olds }
}

/** What stands in a file or variable may be long forgotten: a refusal says where. */
function castFrom({ layer, as }: Origin, path: string, value: unknown): unknown {
  try {
    return cast(leafAt(path), path, value)
  } catch (error) {
    if (!(error instanceof Fault) || (layer !== 'file' && layer !== 'environment')) throw error
    const hint = `${error.hint ? `${error.hint.replace(/\.$/, '')}. ` : ''}Given as ${as}.`
    throw new Fault('ValidationError', error.message, { component: 'Config', hint, cause: error })
  }
}

const isStronger = ({ key }: Given): boolean => isOldKey(key) && key.isStronger === true

/** Said twice in the same words, the later counts. */
const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const targets = ({ key, value }: Given): [string, unknown][] => {
  if (!isOldKey(key)) return [[key.path, value]]
  if (key.translate) return Object.entries(key.translate(value))
  return key.to.map((path) => [path, value])
}

const byPath = new Map<string, Key>(keys.map((key) => [key.path, key]))
const leafAt = (path: string) => {
  const key = byPath.get(path)
  if (!key) throw new Error(`an old key names the unknown setting ${path}`)
  return key.leaf
}

/** An empty variable counts as unset. */
function envValues({ env = {}, side }: Sources): Given[] {
  const named = (key: Key | OldKey, names: readonly string[]): Given[] =>
    names.flatMap((name) => (env[name] ? [{ as: name, key, value: envValue(key, env[name]) }] : [])).slice(0, 1)
  const fresh = keys.flatMap((key) => named(key, [envNameOf(key.path), ...(key.leaf.env ?? [])]))
  const old = oldKeys.filter((key) => key.side === undefined || key.side === side)
  return [...fresh, ...old.flatMap((key) => named(key, [envNameOf(key.path), ...(key.env ?? [])]))]
}

/** The items of a list stand between blanks or commas. */
const envValue = (key: Key | OldKey, text: string): unknown => {
  const leaf = isOldKey(key) ? key.to.map(leafAt)[0] : key.leaf
  const isList = leaf?.kind === 'list' && !(isOldKey(key) && key.translate)
  return isList ? text.split(/[\s,]+/).filter((each) => each !== '') : text
}

const namedValues = (
  entries: readonly { readonly flag?: string; readonly key: string; readonly value: unknown }[],
  side: Side,
): Given[] =>
  entries.map(({ flag, key: name, value }) => {
    const key = findKey(name, side)
    if (!key) throw noSuchKey(name)
    return { as: flag === undefined ? name : `--${flag}`, key, value }
  })

/** The error for a key nobody knows, as `-c` and `config set` say it. */
export const noSuchKey = (name: string): Fault => {
  const near = nearKey(name)
  return new Fault('ValidationError', "no matching config key. Run 'bacalhau config list' for a list of valid keys", {
    component: 'Config',
    hint: near === undefined ? `"${name}" is not a key` : `"${name}" is not a key; did you mean ${near}?`,
  })
}

function refuseContradictions(flags: Layer, pairs: Layer): void {
  for (const [path, flag] of flags.values) {
    const pair = pairs.values.get(path)
    if (!pair || isSameValue(pair.value, flag.value)) continue
    const message = `flag: ${flag.origin.as} and config flag key "${path}" cannot both be provided. Only one may be used`
    throw new Fault('ValidationError', message, { component: 'Config' })
  }
}

const contradiction = (path: string, one: string, other: string): Fault =>
  new Fault('ValidationError', `${one} and ${other} set ${path} to different values`, {
    component: 'Config',
    hint: 'Give only one of them.',
  })

const unknownKey = (path: string, file: string): Notice => {
  const near = nearKey(path)
  const advice = near === undefined ? '' : `; did you mean ${near}?`
  return { kind: 'unknown-key', message: `unknown key ${path} in ${file} is ignored${advice}` }
}

export const oldKeyNotice = (key: OldKey, as: string): Notice => ({
  kind: 'old-key',
  message: key.to.length === 0 ? `${as} has no effect any more` : `${as} is an old name; use ${key.to.join(' and ')}`,
})

/** Maps of several files add up; everything else is replaced by the later one. */
const mergedMap = (before: Value | undefined, next: Value): Value =>
  isPlainMap(before?.value) && isPlainMap(next.value)
    ? { value: { ...before.value, ...next.value }, origin: next.origin }
    : next

const isPlainMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function valuesOf(node: Tree, prefix: string, merged: ReadonlyMap<string, Value>, sources: Sources): unknown {
  const { defaults = {}, home } = sources
  const entries = Object.entries(node).map(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    if (!isLeaf(child)) return [name, valuesOf(child, path, merged, sources)]
    const fallback = path in defaults ? cast(child, path, defaults[path]) : structuredClone(child.fallback)
    const value = merged.has(path) ? merged.get(path)?.value : fallback
    return [name, path === 'DataDir' ? absoluteDataDir(String(value), home) : value]
  })
  return Object.fromEntries(entries)
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const child of Object.values(value)) freeze(child)
  return Object.freeze(value)
}
