import { findKey, isOldKey } from '#config/flatten.ts'
import { oldKeyNotice } from '#config/load.ts'
import { type StoredSetting, storedSetting } from '#config/set.ts'
import { Fault } from '#lib/fault.ts'
import { atLeast, type Cli, defineCommand } from '../../command.ts'
import { writeSettings } from '../../config-file.ts'
import { isYamlFile, namedFile } from '../../given-settings.ts'
import { globalFlags } from '../../shared/global-flags.ts'
import { warn } from '../../tell.ts'

/** What is asked for: `key=value …`, or `key value …`, which scripts of 1.4 write. */
type Asked = { readonly isPairs: boolean; readonly settings: readonly { name: string; words: readonly string[] }[] }

export const command = defineCommand({
  use: '<key>=<value>...',
  long:
    'Writes values into config.yaml of the data folder, or into the file that -c names. The rest of the file stays as it\n' +
    'is, with its comments. A list or map takes its items with commas. A node reads its configuration when it starts,\n' +
    'and its labels again later.',
  examples: [
    ['where the server is', 'config set API.Host=10.0.0.5 API.Port=1234'],
    ['labels of this node', 'config set Labels=zone=a,disk=ssd'],
    ['in another file', 'config set -c node.yaml Compute.Enabled=true'],
    ['as release 1.4 writes it', 'config set Compute.Orchestrators nats://a:4222 nats://b:4222'],
  ],
  args: atLeast(1),
  completes: 'setting',
  flags: { config: { ...globalFlags.config, usage: 'The file to write, instead of config.yaml of the data folder' } },
  run: async ({ flags, args }, cli): Promise<{ file: string; isPairs: boolean }> => {
    const { isPairs, settings } = asked(args)
    const file = await fileToWrite(flags.config, cli)
    const stored = settings.map(({ name, words }) => storedSetting(name, words))
    await writeSettings(file, stored, cli)
    warnOfOldKeys(stored, cli)
    return { file, isPairs }
  },
  show: ({ file, isPairs }, _, cli) => {
    if (isPairs) cli.stdout.write(`Writing config to ${file}`)
  },
})

function asked(args: readonly string[]): Asked {
  const [first = '', ...words] = args
  if (!first.includes('=')) {
    if (words.length > 0) return { isPairs: false, settings: [{ name: first, words }] }
    throw refused('must provide both key and value, or key=value')
  }
  const settings = args.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 0) throw refused(`expected key=value, received: "${pair}"`)
    return { name: pair.slice(0, at), words: [pair.slice(at + 1)] }
  })
  return { isPairs: true, settings }
}

async function fileToWrite(named: readonly string[], cli: Cli): Promise<string> {
  const [file, ...more] = named
  if (file === undefined) return `${await cli.dataDir()}/config.yaml`
  if (more.length > 0) throw refused('single config file can be set')
  if (!isYamlFile(file) || file.includes('=')) throw refused("config file must end with '.yaml' or '.yml'")
  return (await namedFile(file, cli)).path
}

function warnOfOldKeys(stored: readonly StoredSetting[], { stderr }: Cli): void {
  for (const { path } of stored) {
    const name = path.join('.')
    const key = findKey(name, 'client')
    if (key && isOldKey(key)) warn(stderr, oldKeyNotice(key, name).message)
  }
}

const refused = (message: string): Fault => new Fault('ValidationError', message, { component: 'Config' })
