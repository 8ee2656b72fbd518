import { deepEqual, equal, match } from 'node:assert/strict'
import { until } from '../../../test/kit/until.ts'
import { nodeNames } from '../cluster.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'

type ShownNode = { Info: { NodeID: string; Labels: Record<string, string> }; Membership: string; Connection: string }

/** Nodes, and the server itself. */
export const nodes: readonly Use<RealCli>[] = [
  {
    name: '`node list` with filters, orders and columns',
    async run(cli) {
      const table = await cli.ok(['node', 'list', '--show', 'labels,version,features,capacity'])
      for (const part of ['both', 'edge', 'APPROVED', 'CONNECTED', 'zone=', 'wasm']) match(table, new RegExp(part))
      const named = async (...more: string[]) =>
        (await cli.json<ShownNode[]>(['node', 'list', ...more])).map(({ Info }) => Info.NodeID)
      deepEqual(await named('--order-by', 'id'), nodeNames)
      deepEqual(await named('--order-by', 'id', '--order-reversed'), nodeNames.toReversed())
      deepEqual(await named('--labels', 'zone=b'), ['edge'])
      deepEqual(
        await named('--filter-status', 'connected', '--filter-approval', 'approved', '--order-by', 'id'),
        nodeNames,
      )
      deepEqual(await named('--filter-approval', 'rejected'), [])
    },
  },
  {
    name: '`node describe`, also of a node that is not there',
    async run(cli) {
      match(await cli.ok(['node', 'describe', 'edge']), /Connection: CONNECTED[\s\S]*NodeID: edge/)
      const node = await cli.json<ShownNode>(['node', 'describe', 'edge'])
      equal(node.Info.Labels['zone'], 'b')
      match(await cli.refused(['node', 'describe', 'nobody']), /not found/)
    },
  },
  {
    name: '`node reject` and `node approve`',
    async run(cli) {
      const membership = async () => (await cli.json<ShownNode>(['node', 'describe', 'edge'])).Membership
      match(await cli.ok(['node', 'reject', 'edge', '--message', 'not today']), /Ok/)
      equal(await membership(), 'REJECTED')
      match(await cli.ok(['node', 'approve', 'edge']), /Ok/)
      equal(await membership(), 'APPROVED')
      const isBack = async () => (await cli.json<ShownNode>(['node', 'describe', 'edge'])).Connection === 'CONNECTED'
      await until('the node is back', isBack, 60_000)
    },
  },
  {
    name: '`agent alive`, `agent node` and `agent version`',
    async run(cli) {
      match(await cli.ok(['agent', 'alive']), /Status: OK/)
      deepEqual(await cli.json(['agent', 'alive']), { Status: 'OK' })
      match(await cli.ok(['agent', 'node']), /NodeID: both/)
      const node = await cli.json<ShownNode & ShownNode['Info']>(['agent', 'node'])
      equal(cli.isOld ? node.Info.NodeID : node.NodeID, 'both')
      match(await cli.ok(['agent', 'version']), /v\d+\.\d+\.\d+/)
    },
  },
  {
    name: '`version` of client and server',
    async run(cli) {
      match(await cli.ok(['version', '--no-style']), new RegExp(`${cli.version} +v\\d+\\.\\d+\\.\\d+`))
      const shown = await cli.json<{ serverVersion: { GitVersion: string } }>(['version'])
      match(shown.serverVersion.GitVersion, /^v\d+\.\d+\.\d+/)
    },
  },
  {
    name: '`config list` and `config set` of its own settings',
    async run(cli) {
      match(await cli.ok(['config', 'list']), /API/i)
      await cli.ok(['config', 'set', cli.isOld ? 'node.clientapi.host' : 'API.Host', '127.0.0.1'])
      match(await cli.ok(['config', 'list', '--output', 'csv']), /127\.0\.0\.1/)
    },
  },
]
