import { type ListedSetting, listSettings } from '#config/listing.ts'
import type { Origin } from '#config/load.ts'
import { formatDuration } from '#lib/duration.ts'
import { stringifyJson } from '#lib/json/stringify.ts'
import { defineCommand } from '../../command.ts'
import { bool } from '../../flags.ts'
import { printListing } from '../../listing.ts'
import { tableFlags } from '../../shared/output-flags.ts'
import { warn } from '../../tell.ts'
import { column } from '../../views/column.ts'

export const command = defineCommand({
  use: '',
  long:
    'Lists every setting with its value, what it is for, and where the value comes from: a default, a file, the\n' +
    'environment, a flag or -c. The keys of release 1.4 follow in lower case, for scripts that know them. What is secret\n' +
    'is not shown.',
  examples: [
    ['all settings', 'config list'],
    ['what a file of settings would change', 'config list -c node.yaml --output csv'],
  ],
  args: {},
  flags: { ...tableFlags, pretty: bool(true, 'Indent JSON and YAML for reading') },
  run: async (_, cli) => {
    const [client, node] = await Promise.all([cli.load('client'), cli.load('node')])
    for (const { kind, message } of client.notices) {
      if (kind === 'unknown-key') warn(cli.stderr, message)
    }
    return listSettings(client, node)
  },
  show: (settings, { flags }, cli) =>
    printListing(cli, flags, {
      items: settings,
      columns: [
        column<ListedSetting>('Key', undefined, undefined, ({ key }) => key),
        column<ListedSetting>('Value', 40, 'hard', ({ value }) => textOf(value)),
        column<ListedSetting>('Description', 80, 'soft', ({ about }) => about),
        column<ListedSetting>('Source', undefined, undefined, ({ origin }) => sourceOf(origin)),
      ],
      json: () =>
        stringifyJson(
          settings.map(({ key, value, about, origin }) => ({
            Key: key,
            Value: value,
            Description: about,
            Source: sourceOf(origin),
          })),
        ),
    }),
})

/** As it is given: the default, `API.Port in FILE`, the variable, the flag, `-c API.Port`. */
const sourceOf = ({ layer, as }: Origin): string => (layer === 'pair' ? `-c ${as}` : as)

/** A value on one line, in the form scripts know: `[a b]`, `map[k:v]`, `1m30s`. */
function textOf(value: unknown): string {
  if (typeof value === 'bigint') return formatDuration(value)
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`
  if (typeof value !== 'object' || value === null) return String(value ?? '')
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, each]) => `${key}:${textOf(each)}`).join(' ')}]`
}
