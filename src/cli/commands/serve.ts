import { isOpen } from '#config/access.ts'
import { type DataFolder, dataFolder } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import { isLoopback } from '#lib/loopback.ts'
import type { RunningNode } from '#node/run-node.ts'
import { type Cli, defineCommand } from '../command.ts'
import { nodeSettings } from '../node-settings.ts'
import { bannerText, exportsText, type NodeAddress, openText, serveText, tlsOf } from '../node-texts.ts'
import { serveFlags } from '../shared/serve-flags.ts'
import { servedUntilInterrupted, startFault, startNode } from '../start-node.ts'
import { fitted, tell, warn } from '../tell.ts'

/** Flags that only the newer generation has: whoever uses them reads no exports from stdout. */
const newSpellings = ['orchestrator', 'compute', 'config'] as const

export const command = defineCommand({
  use: '',
  long:
    'Runs a node until it is interrupted: the orchestrator, a compute node, or both. Without a role it is an\n' +
    'orchestrator.',
  examples: [
    ['everything on this machine', 'serve --orchestrator --compute'],
    ['an orchestrator for other nodes', 'serve --orchestrator'],
    ['a compute node that joins it', 'serve --compute --orchestrators=nats://10.0.0.5:4222 --labels zone=a'],
    [
      'with a folder of this machine for jobs',
      'serve --orchestrator --compute --allow-listed-local-paths "/data/**:ro"',
    ],
  ],
  args: {},
  flags: serveFlags,
  isDaemon: true,
  async run(input, cli) {
    const { settings, roles, apiHost } = await nodeSettings(cli)
    const folder = dataFolder(settings.DataDir, roles)
    const labels = async () => (await cli.load('node')).settings.Labels
    const node = await startNode({ settings, roles, folder, apiHost, labels }, cli)
    const address = addressOf(node, settings, folder)
    const exports = exportsText(address)
    try {
      await cli.disk.replaceFile(folder.runFile, exports, 0o755).catch((error: unknown) => {
        throw startFault(error, folder.root)
      })
      if (!newSpellings.some((flag) => input.isGiven(flag as keyof typeof serveFlags))) {
        cli.stdout.write(serveText(cli.program, address, folder.runFile, (text) => fitted(text, cli.stdout)))
      }
      const what = roles.isOrchestrator ? (roles.isCompute ? 'Node' : 'Orchestrator') : 'Compute node'
      if (isOpen(settings.API.Auth) && !isLoopback(node.address.host))
        warn(cli.stderr, openText(node.address.host, node.address.port))
      cli.stderr.write(bannerText(cli.program, address, what))
      await Promise.race([servedUntilInterrupted(cli), node.failed])
      if (input.flags.drain) {
        tell(cli.stderr, 'Waiting for running work to end; a second signal does not wait.')
        await node.drain()
      }
    } finally {
      await Promise.all([node.stop(), removeRunFile(folder.runFile, exports, cli)])
    }
  },
})

const addressOf = (
  { nodeId, address, linkAddresses }: RunningNode,
  { API }: Settings,
  folder: DataFolder,
): NodeAddress => ({
  name: nodeId,
  apiHost: ['0.0.0.0', '::'].includes(address.host) ? '127.0.0.1' : address.host,
  apiPort: address.port,
  ...tlsOf(API, folder.certificateFile),
  orchestrators: linkAddresses.length > 0 ? linkAddresses.join(',') : undefined,
})

/** Another node may have written its own meanwhile. */
async function removeRunFile(path: string, exports: string, { disk }: Cli): Promise<void> {
  const bytes = await disk.readFile(path)
  if (bytes && Buffer.from(bytes).toString('utf8') === exports) await disk.remove(path)
}
