import { findKey, isOldKey } from '#config/flatten.ts'
import { type Loaded, load, noSuchKey, type Sources } from '#config/load.ts'
import type { Side } from '#config/old-keys.ts'
import { kindOfOld } from '#config/old-kind.ts'
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
  /** The profile that is asked for; '' = none. */
  readonly profile: string
}

type Parsed = { readonly values: Readonly<Record<string, any>>; readonly given: ReadonlySet<string> }

export function givenSettings(table: Flags, { values, given }: Parsed, host: Host): GivenSettings {
  const flags = Object.entries(table).flatMap(([flag, { setting: key }]) => {
    if (key === undefined || !given.has(flag)) return []
    return [{ flag, key, value: key === 'DataDir' ? host.resolve(values[flag]) : values[flag] }]
  })
  return {
    flags,
    config: values.config ?? [],
    isStrict: values['strict-config'] === true,
    profile: values.profile ?? '',
  }
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

const isFile = (text: string): boolean => isYamlFile(text) && !text.includes('=')
export const isYamlFile = (path: string): boolean => /\.ya?ml$/i.test(path)

/** Merges everything that may hold a setting, reading the files that are named, else `config.yaml` of the data folder. */
export async function loadSettings(
  given: GivenSettings,
  side: Side,
  host: Host,
  defaults: Readonly<Record<string, unknown>> = {},
): Promise<Loaded> {
  const sources = { ...(await namedSources(given, side, host)), defaults }
  const loaded = load(sources)
  const { DataDir } = loaded.settings
  const reading = refuseUnknownLayout(DataDir, host)
  await (side === 'client' ? during('failed to setup repo', reading) : reading)
  if (sources.files.length > 0) return loaded
  const usual = await readFile(`${DataDir}/config.yaml`, host)
  return usual ? load({ ...sources, files: [usual] }) : loaded
}

/** The data folder, whatever the configuration in it says: that may be what is to be repaired. */
export async function locateDataDir(given: GivenSettings, host: Host): Promise<string> {
  const { DataDir } = load(await namedSources(given, 'client', host)).settings
  await during('failed to setup repo', refuseUnknownLayout(DataDir, host))
  return DataDir
}

async function namedSources({ flags, config, isStrict }: GivenSettings, side: Side, host: Host) {
  const { home, env } = host
  const pairs = (await Promise.all(config.filter((text) => !isFile(text)).map((text) => pairOf(text, host)))).flat()
  const files = await Promise.all(config.filter(isFile).map((path) => namedFile(path, host)))
  return { side, home, env, flags, pairs, files, isStrict } satisfies Sources
}

/** `key=value`, or a boolean key alone. */
async function pairOf(text: string, host: Host): Promise<{ key: string; value: unknown }> {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  const key = findKey(name, 'node')
  if (key === undefined) throw await noPair(text, name, host)
  const kind = isOldKey(key) ? kindOfOld(key) : key.leaf.kind
  if (at < 0) return { key: name, value: kind === 'boolean' ? true : needsValue(name) }
  const value = text.slice(at + 1)
  return { key: name, value: kind === 'data' ? (await import('#config/set.ts')).structure(value) : value }
}

function needsValue(key: string): never {
  const how = `To correct this provide a value to the config, e.g. --config ${key}=<value>`
  throw refused(`config flag key requires a value.\n${how}`)
}

/** A file under another name is told apart from a key nobody knows. */
async function noPair(text: string, key: string, { disk, resolve }: Host): Promise<Fault> {
  const isThere = text.trim() !== '' && (await disk.readFile(resolve(text)).catch(() => undefined)) !== undefined
  return isThere ? refused("config files must end in suffix '.yaml' or '.yml'") : noSuchKey(key)
}

/** A configuration file that the user named: it must be there. */
export async function namedFile(path: string, host: Host): Promise<ConfigFile> {
  const file = await readFile(host.resolve(path), host, path)
  if (file) return file
  throw refused(`specified configuration file doesn't exist: ${path}`)
}

const refused = (message: string): Fault => new Fault('ValidationError', message, { component: 'Config' })

type ConfigFile = { readonly path: string; readonly values: unknown }

async function readFile(path: string, { disk }: Host, shown = path): Promise<ConfigFile | undefined> {
  const bytes = await disk.readFile(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR')
      throw refused(`specified configuration file is a directory, must be a file: ${shown}`)
    throw new Fault('ValidationError', `cannot read ${path}: ${messageOf(error)}`, {
      component: 'Config',
      hint: 'The data folder (--data-dir) must be a folder, and what is in it readable by this user.',
      cause: error,
    })
  })
  if (!bytes) return undefined
  const { readSettings } = await import('#lib/yaml/read-settings.ts')
  try {
    return { path, values: readSettings(bytes) }
  } catch (error) {
    throw new Fault('ValidationError', `opening config file "${path}": While parsing config: ${messageOf(error)}`, {
      component: 'Config',
      cause: error,
      ...(error instanceof Fault && error.hint ? { hint: error.hint } : {}),
    })
  }
}
