import { isOpen } from '#config/access.ts'
import type { Settings } from '#config/tree.ts'
import type { ControlPlane } from '#contracts/control-plane.ts'
import type { SqlDatabase } from '#contracts/sql.ts'
import { buildInfo } from '#lib/build-info.ts'
import { startAll, stopAll } from '#lib/lifecycle.ts'
import { isLoopback } from '#lib/loopback.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeInfo } from '#models/node.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemDisk } from '#platform/disk.ts'
import { isBusy, scheduleFlush } from '#platform/flush.ts'
import { openJournal } from '#platform/journal-file.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite, refuseUsed } from '#platform/sqlite.ts'
import { createServer, type Server } from '#server/create-server.ts'
import { openStore } from '#state/open-store.ts'
import { agentApi } from './agent.ts'
import { computeParts } from './compute-parts.ts'
import { controlParts } from './control-parts.ts'
import { nodeIdentity } from './identity.ts'
import { nodeLabels } from './labels.ts'
import type { NodeDeps, PartContext } from './node-deps.ts'
import { eventLog } from './node-log.ts'
import { oldIdentity } from './old-folder.ts'
import { serverSettings } from './server-settings.ts'

export type RunningNode = {
  nodeId: NodeId
  address: { host: string; port: number }
  /** Of the broker that nodes join; undefined = they do not come to this process. */
  linkPort: number | undefined
  /** Where further nodes find this orchestrator: `nats://host:port` or `tls://…`, without logins; none when it is none. */
  linkAddresses: readonly string[]
  /** Starts no more work, and resolves when what runs has ended. */
  drain(): Promise<void>
  stop(): Promise<void>
  /** Rejects with a Fault when it cannot go on; it must be stopped then. */
  failed: Promise<never>
}

/** Starts one process's node: store, control plane with its broker, HTTP API and compute part, in this order. */
export const runNode = async (deps: NodeDeps): Promise<RunningNode> => {
  const { settings, folder } = deps
  const clock = new SystemClock()
  await systemDisk.makeDirectory(folder.roleFolder)
  const before = await oldIdentity(systemDisk, folder.root)
  const name = { name: settings.Name, before: before.nodeName, provider: settings.NameProvider }
  const nodeId = await nodeIdentity(systemDisk, folder.identityFile, name, systemRandom)
  const database = openDatabase(deps)
  const log = eventLog(deps.log, clock)
  const store = await openStore({
    database,
    journal: openedWith(database, () => (deps.openJournal ?? openJournal)(folder.journalFile)),
    clock,
    random: systemRandom,
    scheduleFlush,
    isBusy,
    log,
  })
  const failure = Promise.withResolvers<never>()
  // Who runs the node looks at it when it has started.
  failure.promise.catch(() => {})
  try {
    const node = await startParts(deps, {
      nodeId,
      instanceId: before.instanceId,
      store,
      clock,
      log,
      fail: failure.reject,
    })
    return { ...node, failed: failure.promise }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Rivals both hold their own database before they look at the other's: never do both go on. */
const openDatabase = ({ folder }: NodeDeps): SqlDatabase => {
  const database = openSqlite(folder.databaseFile)
  openedWith(database, () => folder.rivalDatabases.forEach(refuseUsed))
  return database
}

/** The database does not stay open when what goes with it fails. */
const openedWith = <Value>(database: SqlDatabase, open: () => Value): Value => {
  try {
    return open()
  } catch (error) {
    database.close()
    throw error
  }
}

const startParts = async (deps: NodeDeps, context: PartContext): Promise<Omit<RunningNode, 'failed'>> => {
  const { roles } = deps
  const { nodeId, clock } = context
  let server: Server | undefined
  const control = roles.isOrchestrator ? await controlParts(deps, context) : undefined
  const ownPorts = () => [server?.address.port ?? 0, control?.bus.port ?? 0].filter((port) => port > 0)
  const compute = roles.isCompute
    ? await computeParts(deps, { ...context, ownPorts, orchestrator: control?.orchestrator })
    : undefined
  const computing = Promise.withResolvers<void>()
  const info = async (): Promise<NodeInfo> => {
    if (!compute) return requesterInfo(nodeId, deps.settings)
    await computing.promise
    return compute.role.info()
  }
  const warnings = () => [
    ...(server && !isLoopback(server.address.host) && isOpen(deps.settings.API.Auth) ? [openToAll] : []),
    ...(control?.bus.warnings() ?? []),
  ]
  const debug = async () => ({ Runtime: { pid: process.pid, memory: process.memoryUsage() } })
  const controlPlane: ControlPlane = {
    agent: agentApi({ clock, info, warnings, debug, config: deps.printableConfig }),
    ...(control ? { jobs: control.orchestrator.jobs, nodes: control.orchestrator.nodes } : {}),
  }
  server = await createServer({
    nodeId,
    controlPlane,
    settings: await serverSettings({ ...deps, store: context.store, disk: systemDisk, clock, random: systemRandom }),
    version: buildInfo,
    clock,
    random: systemRandom,
    log: deps.log,
  })
  const [inControl, atWork] = [control?.parts ?? [], compute?.parts ?? []]
  // After a crash clients are answered while engines are still being tried: a job that comes now waits for this node.
  await startAll([...inControl, server, ...atWork])
  computing.resolve()
  if (control && !compute) {
    const { Warnings: _, ...self } = await controlPlane.agent.self()
    await control.orchestrator.addSelf(self)
  }
  return {
    nodeId,
    address: server.address,
    linkPort: control?.bus.port,
    linkAddresses: control?.bus.addresses ?? [],
    drain: async () => compute?.role.compute.drain(),
    stop: () => stopAll([...inControl, ...atWork, server]).finally(() => context.store.close()),
  }
}

const openToAll = 'The API does what anybody who reaches it asks: API.Auth says who may, or API.Host=127.0.0.1.'

const requesterInfo = (nodeId: NodeId, settings: Settings): NodeInfo => ({
  NodeID: nodeId,
  NodeType: 'Requester',
  Labels: nodeLabels(settings.Labels, nodeId, buildInfo, { CPU: 0, Memory: 0, Disk: 0, GPU: 0 }),
  SupportedProtocols: ['bac/v1'],
  BacalhauVersion: buildInfo,
})
