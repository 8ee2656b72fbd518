import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dataFolder } from '#config/data-folder.ts'
import { load } from '#config/load.ts'
import type { Journal } from '#contracts/journal.ts'
import type { NodeDeps } from '#node/node-deps.ts'
import { nodeLog } from '#node/node-log.ts'
import { runNode } from '#node/run-node.ts'
import { openJournal } from '#platform/journal-file.ts'

/** A node in a process of its own that kills itself (SIGKILL) right before or right after its n-th durable commit. */
export type CrashingNode = {
  folder: string
  roles: { isOrchestrator: boolean; isCompute: boolean }
  name: string
  linkPort: number
  witnessFolder: string
  /** 0 = never. */
  killAtCommit: number
  isKilledBefore: boolean
  /** How wrong the clock of its machine is. */
  clockOffsetMs?: number
}
/** What the node starts in its turn. */
export type NodeCommands = Pick<NodeDeps, 'wasmCommand' | 'listenCommand'>

/** Started by the crash tests; says `ready <api port> <link port>` on stdout. */
const options = JSON.parse(process.argv[2] ?? '{}') as CrashingNode & NodeCommands

const { clockOffsetMs = 0, wasmCommand, listenCommand } = options
const rightNow = Date.now
if (clockOffsetMs !== 0) Date.now = () => rightNow() + clockOffsetMs

let syncs = 0
const { fdatasyncSync } = fs
fs.fdatasyncSync = (file) => {
  fdatasyncSync(file)
  syncs += 1
}
syncBuiltinESMExports()

/** Counts what becomes durable, and tells whether it is on disk then. */
const crashing = (journal: Journal): Journal => {
  let commits = 0
  return {
    entries: () => journal.entries(),
    clear: () => journal.clear(),
    close: () => journal.close(),
    append: (entry) => {
      commits += 1
      const isHere = commits === options.killAtCommit
      if (isHere && options.isKilledBefore) process.kill(process.pid, 'SIGKILL')
      const before = syncs
      journal.append(entry)
      if (syncs === before) process.stderr.write('an entry was not synced\n')
      else if (commits === 1) process.stderr.write('an entry was synced\n')
      if (isHere) process.kill(process.pid, 'SIGKILL')
    },
  }
}

const pairs = {
  'API.Port': '0',
  'Orchestrator.Port': String(options.roles.isOrchestrator ? options.linkPort : 0),
  'Publishers.Types.Local.Port': '0',
  'Publishers.Types.Local.Address': '127.0.0.1',
  'Compute.AllowListedLocalPaths': `${options.witnessFolder}:rw`,
  'Compute.Orchestrators': `nats://127.0.0.1:${options.linkPort}`,
  'Compute.AllocatedCapacity.CPU': '2',
  'Compute.Heartbeat.Interval': '300ms',
  'Orchestrator.NodeManager.DisconnectTimeout': '3s',
  Name: options.name,
}
const { settings } = load({
  side: 'node',
  home: options.folder,
  pairs: Object.entries(pairs).map(([key, value]) => ({ key, value })),
})
const node = await runNode({
  settings,
  roles: options.roles,
  folder: dataFolder(options.folder, options.roles),
  environment: { DOCKER_HOST: 'unix:///nonexistent' },
  wasmCommand,
  listenCommand,
  log: nodeLog(process.env['CRASH_LOG'] ?? 'error', 'default', (line) => process.stderr.write(line)),
  printableConfig: () => ({}),
  openJournal: (path) => crashing(openJournal(path)),
  apiHost: '127.0.0.1',
  linkHost: '127.0.0.1',
})
process.stdout.write(`ready ${node.address.port} ${node.linkPort ?? 0}\n`)
process.on('SIGTERM', () => {
  void node.stop().finally(() => process.exit(0))
})
