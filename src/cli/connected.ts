import type { Cli } from './command.ts'
import type { Flags } from './flags.ts'
import type { Host } from './host.ts'

type Parsed = { readonly values: Readonly<Record<string, any>>; readonly given: ReadonlySet<string> }

/** The world with the settings that flags give. The client is made when a command first asks for it. */
export async function connected(table: Flags, parsed: Parsed, host: Host): Promise<Cli> {
  const { givenSettings, loadSettings, locateDataDir } = await import('./given-settings.ts')
  const given = givenSettings(table, parsed, host)
  const load: Cli['load'] = (side, defaults) => loadSettings(given, side, host, defaults)
  let ours: ReturnType<Cli['load']> | undefined
  const settings = () => (ours ??= load('client'))
  let client: ReturnType<Cli['client']> | undefined
  let target: ReturnType<Cli['target']> | undefined
  const targetOnce: Cli['target'] = () => (target ??= find())
  const find = async () => (await import('./target.ts')).targetOf(await settings(), given.profile, host)
  const connect = async () => (await import('./api-client.ts')).apiClient(await settings(), await targetOnce(), host)
  return {
    ...host,
    load,
    dataDir: () => locateDataDir(given, host),
    client: () => (client ??= connect()),
    target: targetOnce,
  }
}
