import { type DataFolder, dataFolder, type Roles } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import { Fault } from '#lib/fault.ts'
import type { RunningDevstack } from '#node/devstack.ts'
import { type Cli, defineCommand } from '../command.ts'
import { bool, type Flag, int, text } from '../flags.ts'
import { exportsText, type NodeAddress, tlsOf } from '../node-texts.ts'
import { nodePolicyFlags } from '../shared/serve-flags.ts'
import { nodeParts, servedUntilInterrupted, startFault } from '../start-node.ts'
import { fitted } from '../tell.ts'

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
    const size = {
      computes: input.isGiven('compute-nodes') ? flags['compute-nodes'] : flags.computes,
      hybrids: input.isGiven('hybrid-nodes') ? flags['hybrid-nodes'] : flags.hybrids,
      orchestrators: input.isGiven('requester-nodes') ? flags['requester-nodes'] : flags.orchestrators,
    }
    requirePossible(size)
    const { settings } = await cli.load('node', { 'API.Port': 0, 'Orchestrator.Port': 0 })
    const isKept = flags['stack-repo'] !== ''
    const baseFolder = isKept
      ? cli.resolve(flags['stack-repo'])
      : `${cli.temporary}/bacalhau-devstack-${cli.random.uuid()}`
    const { startDevstack } = await import('#node/devstack.ts')
    const parts = await nodeParts(settings, cli)
    const { runFile } = dataFolder(baseFolder, { isOrchestrator: true, isCompute: true })
    let stack: RunningDevstack | undefined
    try {
      const isPassing = !isKept && parts.environment['KEEP_STACK'] === undefined
      stack = await startDevstack({ ...parts, ...size, settings, baseFolder, isPassing }).catch((error: unknown) => {
        throw startFault(error, baseFolder)
      })
      const address = addressOf(stack, settings, dataFolder(`${baseFolder}/node-0`, firstRoles(size)))
      await cli.disk.replaceFile(runFile, exportsText(address), 0o755)
      cli.stdout.write(readyText(size, address, runFile, cli))
      await Promise.race([servedUntilInterrupted(cli), ...stack.nodes.map(({ failed }) => failed)])
      cli.stdout.write('\nShutting down devstack\n')
    } finally {
      await stack?.stop()
      if (!isKept) await cli.disk.remove(baseFolder)
      else if (stack) await cli.disk.remove(runFile)
    }
  },
})

type Size = { computes: number; hybrids: number; orchestrators: number }

function requirePossible({ computes, hybrids, orchestrators }: Size): void {
  if (computes < 0 || computes > mostComputes) {
    throw new Fault('BadRequest', `a devstack has 0 to ${mostComputes} compute nodes, not ${computes}`, {
      hint: 'Start further ones with `serve --compute`, each in a process of its own.',
    })
  }
  if (hybrids < 0 || hybrids > 1) {
    throw new Fault('BadRequest', `a devstack has at most one node with both roles, not ${hybrids}`, {
      hint: 'Start the others as compute nodes: --hybrids 1 --computes 2',
    })
  }
  if (orchestrators === 0 && hybrids === 0) throw new Fault('BadRequest', 'at least one requester node is required')
  if (orchestrators < 0 || orchestrators > 1) {
    throw new Fault('BadRequest', `a devstack has one orchestrator, not ${orchestrators}`)
  }
}

const firstRoles = ({ hybrids }: Size): Roles => ({ isOrchestrator: true, isCompute: hybrids > 0 })

/** Clients talk to the first node. */
const addressOf = (
  { nodes: [first], address }: RunningDevstack,
  { API }: Settings,
  folder: DataFolder,
): NodeAddress => ({
  name: first?.nodeId ?? '',
  apiHost: address.host,
  apiPort: address.port,
  ...tlsOf(API, folder.certificateFile),
  orchestrators: first?.linkAddresses.join(','),
})

/** Scripts read the beginning as 1.4 prints it. */
const readyText = (
  { computes, hybrids }: Size,
  address: NodeAddress,
  runFile: string,
  { program, stdout }: Cli,
): string =>
  [
    '',
    'Devstack is ready!',
    `No. of requester only nodes: ${1 - hybrids}`,
    `No. of compute only nodes: ${computes}`,
    `No. of hybrid nodes: ${hybrids}`,
    'To use the devstack, run the following commands in your shell:',
    '',
    exportsText(address),
    '',
    fitted(
      `The above variables were also written to this file (will be deleted when devstack exits): ${runFile}`,
      stdout,
    ),
    '',
    `Look around:  ${program} node list`,
    `Add a node:   ${program} serve --compute --orchestrators=${address.orchestrators} --port=0`,
    'Stop:         Ctrl+C',
    '',
  ].join('\n')
