import type { DataFolder, Roles } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import type { Journal } from '#contracts/journal.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeLog } from './node-log.ts'

/** What a node is made from. */
export type NodeDeps = {
  settings: Settings
  roles: Roles
  folder: DataFolder
  environment: Readonly<Record<string, string | undefined>>
  /** How to start a runner child: program and arguments. */
  wasmCommand: readonly string[]
  /** How to start the process that opens a port in the network of a container. */
  listenCommand: readonly string[]
  log: NodeLog
  /** Merged settings as users may see them: secrets masked. */
  printableConfig: () => Record<string, unknown>
  /** The operator's labels, read again; throws when they cannot be read. Absent: those of the settings. */
  labels?: () => Promise<Settings['Labels']>
  /** How the journal of the state is opened; tests make one that crashes. */
  openJournal?: (path: string) => Journal
  /** Its data folder goes with it: what runs is removed at its end, because it has no next life to take it up. */
  isPassing?: boolean
  /** Addresses to listen on, decided from roles and settings. */
  apiHost: string
  linkHost: string
}

/** What the parts of one node share. */
export type PartContext = {
  nodeId: NodeId
  /** The id of the cluster under an earlier release; undefined = it has its own. */
  instanceId: string | undefined
  store: Store
  clock: Clock
  log: EventLog
  /** The node cannot go on: whoever runs it is told to stop it. */
  fail: (fault: Fault) => void
}
