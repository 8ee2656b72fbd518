import type { Cli } from './command.ts'
import type { Flags } from './flags.ts'
import type { Host } from './host.ts'

type Parsed = { readonly values: Readonly<Record<string, any>>; readonly given: ReadonlySet<string> }

/** The world with the settings that flags give. They are read, and the client is made, when a command first asks for them. */
export function connected(table: Flags, parsed: Parsed, host: Host): Cli {
  const readAll = async () => {
    const { givenSettings, loadSettings, locateDataDir } = await import('./given-settings.ts')
    const given = givenSettings(table, parsed, host)
    const load: Cli['load'] = (side, defaults) => loadSettings(given, side, host, defaults)
    return { given, load, dataDir: () => locateDataDir(given, host) }
  }
  let reader: ReturnType<typeof readAll> | undefined
  const read = () => (reader ??= readAll())
  const load: Cli['load'] = async (side, defaults) => (await read()).load(side, defaults)
  let ours: ReturnType<Cli['load']> | undefined
  const settings = () => (ours ??= load('client'))
  let client: ReturnType<Cli['client']> | undefined
  let target: ReturnType<Cli['target']> | undefined
  const targetOnce: Cli['target'] = () => (target ??= find())
  const find = async () => (await import('./target.ts')).targetOf(await settings(), (await read()).given.profile, host)
  const connect = async () => (await import('./api-client.ts')).apiClient(await settings(), await targetOnce(), host)
  return {
    ...host,
    load,
    dataDir: async () => (await read()).dataDir(),
    client: () => (client ??= connect()),
    target: targetOnce,
  }
}
