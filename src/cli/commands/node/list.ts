import { goList } from '#api/encode/go-json.ts'
import { encodeNodeState } from '#api/encode/node.ts'
import { defineCommand, noArgs } from '../../command.ts'
import { strings, text } from '../../flags.ts'
import { printListing } from '../../listing.ts'
import { selectorQuery } from '../../shared/labels.ts'
import { listQuery } from '../../shared/list-query.ts'
import { listFlags, tableFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'
import { tell } from '../../tell.ts'
import { columnGroups, nodeColumns } from '../../views/nodes.ts'

const orders = ['id', 'type', 'available_cpu', 'available_memory', 'available_disk', 'available_gpu', 'status']

/** Words of newer and of older documentation; the server takes them all. */
const statuses = ['connected', 'disconnected', 'healthy', 'unhealthy', 'unknown']
const approvals = ['approved', 'pending', 'rejected']

export const command = defineCommand({
  use: '',
  examples: [
    ['all nodes', 'node list'],
    ['by their labels', 'node list --labels "region in (us-east-1, us-east-2), env = prod"'],
    ['those with the most free memory first', 'node list --order-by available_memory'],
    ['three of them as JSON', 'node list --limit 3 --output json'],
  ],
  args: noArgs,
  completes: 'nothing',
  flags: {
    show: strings(['labels', 'capacity'], `Groups of columns: ${columnGroups.join(', ')}`),
    labels: text('', 'Only nodes whose labels match this selector'),
    'filter-approval': text('', `Only nodes that are ${approvals.join(', ')}`, { words: approvals }),
    'filter-status': text('', `Only nodes that are ${statuses.join(', ')}`, { words: statuses }),
    ...listFlags(0, orders),
    ...tableFlags,
  },
  run: async ({ flags }, cli) => {
    const labels = selectorQuery(flags.labels)
    const query = {
      ...listQuery(flags),
      labels,
      'filter-approval': oneOf('filter-approval', flags['filter-approval'], approvals, approvals),
      'filter-status': oneOf('filter-status', flags['filter-status'], statuses, statuses.slice(0, 2)),
    }
    return during('failed request', (await cli.client()).nodes.list(query))
  },
  show: ({ Nodes }, { flags }, cli) => {
    const strange = strangeGroups(flags.show)
    if (strange.length > 0)
      tell(cli.stderr, `--show does not know ${strange.join(', ')}, only ${columnGroups.join(', ')}`)
    return printListing(cli, flags, {
      items: Nodes,
      columns: nodeColumns(flags.show),
      json: () => goList(Nodes.map(encodeNodeState)),
    })
  },
})

/** No error, as recorded: scripts may name groups that another version has. */
const strangeGroups = (shown: readonly string[]): string[] =>
  shown.filter((name) => !columnGroups.includes(name)).map((name) => `"${name}"`)

/** `shown` are the words the refusal names. */
function oneOf(flag: string, given: string, words: readonly string[], shown: readonly string[]): string | undefined {
  if (given === '') return undefined
  if (words.includes(given)) return given
  const list = shown.map((word) => `"${word}"`).join(' ')
  throw new Error(`cannot use '${given}' as ${flag} value, should be one of: [${list}]`)
}
