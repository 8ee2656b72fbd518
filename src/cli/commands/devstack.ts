import { dataFolder } from '#config/data-folder.ts'
import { Fault } from '#lib/fault.ts'
import { defineCommand } from '../command.ts'
import { bool, type Flag, int, text } from '../flags.ts'
import { untilInterrupted } from '../interrupted.ts'
import { exportsText, tlsOf } from '../node-texts.ts'
import { nodePolicyFlags } from '../shared/serve-flags.ts'
import { nodeParts, startFault } from '../start-node.ts'

/** Each has its own store and sockets in this one process. */
const mostComputes = 100

/** A flag of the reference for its own tests: taken, not shown, and said to do nothing. */
const idle = <Value>(flag: Flag<Value>): Flag<Value> => ({ ...flag, isHidden: true, deprecated: 'it has no effect' })

export const command = defineCommand({
  use: '',
  long: 'Starts a cluster of several nodes in one process, on this machine only, until it is interrupted.',
  examples: [
    ['an orchestrator and three compute nodes', 'devstack'],
    ['one node with both roles and two more', 'devstack --hybrids 1 --computes 2'],
  ],
  args: {},
  flags: {
    computes: int(3, 'Compute nodes'),
    'compute-nodes': int(3, 'Compute nodes', { isHidden: true }),
    hybrids: int(0, 'Nodes with both roles; at most one'),
    'hybrid-nodes': int(0, 'Nodes with both roles; at most one', { isHidden: true }),
    orchestrators: int(1, 'Orchestrators; always one', { isHidden: true }),
    'requester-nodes': int(1, 'Orchestrators; always one', { isHidden: true }),
    'stack-repo': text('', 'Folder that keeps the data of the nodes; default: a new one, removed at the end'),
    port: int(0, 'Port of the API of the first node; 0 = any free one', { setting: 'API.Port' }),
    'network-port': int(0, 'Port other nodes connect to; 0 = any free one', { setting: 'Orchestrator.Port' }),
    peer: idle(text('', 'Has no effect')),
    Noop: idle(bool(false, 'Has no effect')),
    'bad-compute-actors': idle(int(0, 'Has no effect')),
    'bad-computes': idle(int(0, 'Has no effect')),
    'bad-requester-actors': idle(int(0, 'Has no effect')),
    'cpu-profiling-file': idle(text('', 'Has no effect')),
    'memory-profiling-file': idle(text('', 'Has no effect')),
    'pluggable-executors': idle(bool(false, 'Has no effect')),
    'random-ports': idle(bool(true, 'Has no effect: ports are free ones unless they are given')),
    ...nodePolicyFlags,
  },
  isDaemon: true,
  async run(input, cli) {
    const { flags } = input
    const computes = input.isGiven('compute-nodes') ? flags['compute-nodes'] : flags.computes
    const hybrids = input.isGiven('hybrid-nodes') ? flags['hybrid-nodes'] : flags.hybrids
    if (computes < 0 || computes > mostComputes) {
      throw new Fault('BadRequest', `a devstack has 0 to ${mostComputes} compute nodes, not ${computes}`, {
        hint: 'Start further ones with `serve --compute`, each in a process of its own.',
      })
    }
    const { settings } = await cli.load('node', { 'API.Port': 0, 'Orchestrator.Port': 0 })
    const isKept = flags['stack-repo'] !== ''
    const baseFolder = isKept
      ? cli.resolve(flags['stack-repo'])
      : `${cli.temporary}/bacalhau-devstack-${cli.random.uuid()}`
    const { startDevstack } = await import('#node/devstack.ts')
    const parts = await nodeParts(settings, cli)
    const stack = await startDevstack({ ...parts, settings, baseFolder, hybrids, computes }).catch((error: unknown) => {
      throw startFault(error, baseFolder)
    })
    const first = stack.nodes[0]
    const address = {
      name: first?.nodeId ?? '',
      apiHost: stack.address.host,
      apiPort: stack.address.port,
      ...tlsOf(
        settings.API,
        dataFolder(`${baseFolder}/node-0`, { isOrchestrator: true, isCompute: hybrids > 0 }).certificateFile,
      ),
      linkAddress: `127.0.0.1:${first?.linkPort}`,
    }
    const { runFile } = dataFolder(baseFolder, { isOrchestrator: true, isCompute: true })
    try {
      await cli.disk.replaceFile(runFile, exportsText(address), 0o755)
      cli.stdout.write(readyText({ computes, hybrids }, address, runFile))
      await untilInterrupted(cli)
      cli.stdout.write('\nShutting down devstack\n')
    } finally {
      await stack.stop()
      await cli.disk.remove(isKept ? runFile : baseFolder)
    }
  },
})

function readyText(
  { computes, hybrids }: { computes: number; hybrids: number },
  { apiHost, apiPort }: { apiHost: string; apiPort: number },
  runFile: string,
): string {
  return [
    '',
    'Devstack is ready!',
    `No. of requester only nodes: ${hybrids > 0 ? 0 : 1}`,
    `No. of compute only nodes: ${computes}`,
    `No. of hybrid nodes: ${Math.min(hybrids, 1)}`,
    'To use the devstack, run the following commands in your shell:',
    '',
    `export BACALHAU_NODE_CLIENTAPI_HOST=${apiHost}`,
    `export BACALHAU_NODE_CLIENTAPI_PORT=${apiPort}`,
    '',
    '',
    `The above variables were also written to this file (will be deleted when devstack exits): ${runFile}`,
    '',
  ].join('\n')
}
