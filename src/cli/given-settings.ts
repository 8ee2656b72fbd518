import { findKey } from '#config/flatten.ts'
import { type Loaded, load, noSuchKey, type Sources } from '#config/load.ts'
import type { Side } from '#config/old-keys.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { refuseUnknownLayout } from './data-layout.ts'
import type { Flags } from './flags.ts'
import type { Host } from './host.ts'
import { during } from './shared/wrap-error.ts'

/** What a command line says about settings. */
export type GivenSettings = {
  readonly flags: readonly { readonly flag: string; readonly key: string; readonly value: unknown }[]
  /** Values of `-c`: `key=value`, a bare boolean key, or a file. */
  readonly config: readonly string[]
  readonly isStrict: boolean
}

type Parsed = { readonly values: Readonly<Record<string, any>>; readonly given: ReadonlySet<string> }

export function givenSettings(table: Flags, { values, given }: Parsed, host: Host): GivenSettings {
  const flags = Object.entries(table).flatMap(([flag, { setting: key }]) => {
    if (key === undefined || !given.has(flag)) return []
    return [{ flag, key, value: key === 'DataDir' ? host.resolve(values[flag]) : values[flag] }]
  })
  return { flags, config: values.config ?? [], isStrict: values['strict-config'] === true }
}

/** Whether a value of `-c` speaks of the configuration at all. */
const isConfigText = (text: string): boolean =>
  isFile(text) || findKey(text.split('=', 1)[0] ?? '', 'node') !== undefined

/** On commands that take constraints, `-c` is their short form too: what is no setting goes to them. */
export function withShortConstraints<Values extends Readonly<Record<string, any>>>(values: Values): Values {
  const config: readonly string[] = values.config ?? []
  const strange = config.filter((text) => !isConfigText(text))
  if (strange.length === 0) return values
  const constraints = [values.constraints, ...strange].filter((text) => text !== '').join(',')
  return { ...values, constraints, config: config.filter(isConfigText) }
}

const isFile = (text: string): boolean => /\.ya?ml$/i.test(text) && !text.includes('=')

/** Merges everything that may hold a setting, reading the files that are named, else `config.yaml` of the data folder. */
export async function loadSettings(
  given: GivenSettings,
  side: Side,
  host: Host,
  defaults: Readonly<Record<string, unknown>> = {},
): Promise<Loaded> {
  const { home, env } = host
  const base = { side, home, env, flags: given.flags, pairs: pairsOf(given.config), defaults, isStrict: given.isStrict }
  const named = given.config.filter(isFile)
  const files = await Promise.all(named.map((path) => namedFile(path, host)))
  const loaded = load({ ...base, files })
  const { DataDir } = loaded.settings
  const reading = refuseUnknownLayout(DataDir, host)
  await (side === 'client' ? during('failed to setup repo', reading) : reading)
  if (named.length > 0) return loaded
  const usual = await readFile(`${DataDir}/config.yaml`, host)
  return usual ? load({ ...base, files: [usual] }) : loaded
}

const pairsOf = (config: readonly string[]): NonNullable<Sources['pairs']> =>
  config
    .filter((text) => !isFile(text))
    .map((text) => {
      const at = text.indexOf('=')
      if (at >= 0) return { key: text.slice(0, at), value: text.slice(at + 1) }
      if (findKey(text, 'node') === undefined) throw noSuchKey(text)
      return { key: text, value: true }
    })

async function namedFile(path: string, host: Host): Promise<ConfigFile> {
  const file = await readFile(host.resolve(path), host)
  if (file) return file
  throw new Fault('ValidationError', `specified configuration file doesn't exist: ${path}`, { component: 'Config' })
}

type ConfigFile = { readonly path: string; readonly values: unknown }

async function readFile(path: string, { disk }: Host): Promise<ConfigFile | undefined> {
  const bytes = await disk.readFile(path).catch((error: unknown) => {
    throw new Fault('ValidationError', `cannot read ${path}: ${messageOf(error)}`, {
      component: 'Config',
      hint: 'The data folder (--data-dir) must be a folder, and what is in it readable by this user.',
      cause: error,
    })
  })
  if (!bytes) return undefined
  const { readYaml } = await import('#lib/yaml/read-yaml.ts')
  try {
    const { value } = readYaml(bytes)
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return { path, values: value }
    throw new Error('settings are a map of keys to values')
  } catch (error) {
    throw new Fault('ValidationError', `opening config file "${path}": ${messageOf(error)}`, {
      component: 'Config',
      cause: error,
      ...(error instanceof Fault && error.hint ? { hint: error.hint } : {}),
    })
  }
}
