import { encodeBuildVersion } from '#api/encode/node.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import { defineCommand, noArgs } from '../command.ts'
import { bool } from '../flags.ts'
import { printListing } from '../listing.ts'
import { tableFlags } from '../shared/output-flags.ts'
import { column } from '../views/column.ts'

/** Longest time the server may take: the client's own version is worth more than a long wait. */
const patienceMs = 3_000

type Versions = { readonly client: BuildVersionInfo; readonly server: BuildVersionInfo | undefined }

export const command = defineCommand({
  use: '',
  args: noArgs,
  completes: 'nothing',
  flags: { client: bool(false, 'Only the version of this program'), ...tableFlags },
  run: async ({ flags }, cli): Promise<Versions> => {
    const { release: _, ...client } = buildInfo
    if (flags.client) return { client, server: undefined }
    const signal = AbortSignal.any([cli.interrupted, AbortSignal.timeout(patienceMs)])
    const server = await (await cli.client()).agent.version({ signal }).catch(() => undefined)
    return { client, server }
  },
  show: ({ client, server }, { flags }, cli) =>
    printListing(cli, flags, {
      items: [{ client, server }],
      columns: [
        column<Versions>('client', undefined, undefined, (versions) => versions.client.GitVersion),
        ...(server ? [column<Versions>('server', undefined, undefined, () => server.GitVersion)] : []),
        column<Versions>('Update Message', undefined, undefined, () => ''),
      ],
      json: () => {
        const known = server ? `,"serverVersion":${encodeBuildVersion(server)}` : ''
        return `{"clientVersion":${encodeBuildVersion(client)}${known}}`
      },
    }),
})
