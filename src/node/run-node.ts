import type { DataFolder, Roles } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import type { Subscription } from '#contracts/bus.ts'
import type { ControlPlane } from '#contracts/control-plane.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { SqlDatabase } from '#contracts/sql.ts'
import type { Store } from '#contracts/store.ts'
import { buildInfo } from '#lib/build-info.ts'
import { type Startable, startAll, stopAll } from '#lib/lifecycle.ts'
import { RemoteOrchestrator, serveOrchestrator } from '#link/bus-ends.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeInfo } from '#models/node.ts'
import { ClientBus } from '#nats/client-bus.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import { Orchestrator } from '#orchestrator/orchestrator.ts'
import { SystemClock } from '#platform/clock.ts'
import { detectResources } from '#platform/detect-resources.ts'
import { systemDisk } from '#platform/disk.ts'
import { scheduleFlush } from '#platform/flush.ts'
import { LogFiles } from '#platform/log-files.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { nodeProviders } from '#providers/index.ts'
import { createServer, type Server } from '#server/create-server.ts'
import { openStore } from '#state/open-store.ts'
import { agentApi } from './agent.ts'
import { ComputeRole } from './compute-role.ts'
import { nodeIdentity } from './identity.ts'
import { nodeLabels } from './labels.ts'
import { eventLog, type NodeLog } from './node-log.ts'
import { bidSettings, capacityOf, hostEnvironment, orchestratorSettings } from './part-settings.ts'
import { providerSettings } from './provider-settings.ts'

export type NodeDeps = {
  settings: Settings
  roles: Roles
  folder: DataFolder
  environment: Readonly<Record<string, string | undefined>>
  /** How to start a runner child: program and arguments. */
  wasmCommand: readonly string[]
  log: NodeLog
  /** Merged settings as users may see them: secrets masked. */
  printableConfig: () => Record<string, unknown>
  /** How the state's database is opened; tests make one that crashes. */
  openDatabase?: (path: string) => SqlDatabase
  /** Addresses to listen on, decided from roles and settings. */
  apiHost: string
  linkHost: string
}

export type RunningNode = {
  nodeId: NodeId
  address: { host: string; port: number }
  linkPort: number | undefined
  stop(): Promise<void>
}

/** Starts one process's node: store, control plane with its broker, compute part and HTTP API, in this order. */
export const runNode = async (deps: NodeDeps): Promise<RunningNode> => {
  const { settings, roles, folder } = deps
  const clock = new SystemClock()
  await systemDisk.makeDirectory(folder.roleFolder)
  const nodeId = await nodeIdentity(
    systemDisk,
    folder.identityFile,
    { name: settings.Name, provider: settings.NameProvider },
    systemRandom,
  )
  const store = await openStore({
    database: (deps.openDatabase ?? openSqlite)(folder.databaseFile),
    clock,
    random: systemRandom,
    scheduleFlush,
  })
  const log = eventLog(deps.log, clock)
  const parts: Startable[] = [closing(() => store.close())]

  const control = roles.isOrchestrator ? controlParts(deps, nodeId, store, clock, log) : undefined
  if (control) parts.push(...control.parts)
  const compute = roles.isCompute
    ? await computeParts(deps, nodeId, store, clock, log, control?.orchestrator)
    : undefined
  if (compute) parts.push(...compute.parts)

  const info = compute ? () => compute.role.info() : async () => requesterInfo(nodeId, settings)
  const controlPlane: ControlPlane = {
    agent: agentApi({
      clock,
      info,
      debug: async () => ({ Runtime: { pid: process.pid, memory: process.memoryUsage() } }),
      config: deps.printableConfig,
    }),
    ...(control ? { jobs: control.orchestrator.jobs, nodes: control.orchestrator.nodes } : {}),
  }
  const server: Server = createServer({
    controlPlane,
    settings: serverSettings(deps),
    version: buildInfo,
    clock,
    random: systemRandom,
    log: deps.log,
  })
  parts.push(server)
  await startAll(parts)
  if (control && !compute) await control.orchestrator.addSelf(await controlPlane.agent.self())
  return {
    nodeId,
    address: server.address,
    linkPort: control?.broker.port,
    stop: () => stopAll(parts),
  }
}

type Log = (event: string, fields: Record<string, unknown>) => void

const controlParts = (deps: NodeDeps, nodeId: NodeId, store: Store, clock: SystemClock, log: Log) => {
  const { Orchestrator: section } = deps.settings
  const broker = new Broker({ host: deps.linkHost, port: section.Port, token: section.Auth.Token, name: nodeId }, clock)
  const orchestrator = new Orchestrator({
    store,
    clock,
    random: systemRandom,
    settings: orchestratorSettings(deps.settings, nodeId),
    log,
  })
  const bus = new LocalBus(broker.router, clock, systemRandom)
  const served: Startable = {
    start: async () => void serveOrchestrator(bus, orchestrator.link, systemRandom),
    stop: () => bus.close(),
  }
  return { broker, orchestrator, parts: [broker, orchestrator, served] as Startable[] }
}

const computeParts = async (
  deps: NodeDeps,
  nodeId: NodeId,
  store: Store,
  clock: SystemClock,
  log: Log,
  orchestrator: Orchestrator | undefined,
) => {
  const { settings, folder } = deps
  await systemDisk.makeDirectory(folder.executionsFolder)
  const detected = await detectResources(folder.executionsFolder)
  const capacity = capacityOf(settings, detected)
  const remote = orchestrator ? undefined : new LateOrchestrator(deps, nodeId)
  orchestrator?.addLocalNode(nodeId)
  const role = new ComputeRole({
    facts: {
      nodeId,
      labels: nodeLabels(settings.Labels, nodeId, buildInfo, detected),
      version: buildInfo,
      capacity,
      maxPerJob: capacity,
    },
    store,
    clock,
    disk: systemDisk,
    logs: new LogFiles(folder.logsFolder, clock),
    providers: nodeProviders(providerSettings(deps), {
      clock,
      random: systemRandom,
      nodeId,
      wasmCommand: deps.wasmCommand,
    }),
    bids: bidSettings(settings, capacity),
    host: hostEnvironment(settings, deps.environment),
    executionsDirectory: folder.executionsFolder,
    orchestrator: (orchestrator?.link ?? remote) as OrchestratorEnd,
    sharesStore: orchestrator !== undefined,
    ...(remote ? { onReachable: (handler: () => void) => remote.onReachable(handler) } : {}),
    log,
  })
  return { role, parts: remote ? [closing(() => remote.close()), role] : [role] }
}

/** The orchestrator of another process: the connection is made when it is first needed, and the node starts without it. */
class LateOrchestrator implements OrchestratorEnd {
  readonly #deps: NodeDeps
  readonly #nodeId: NodeId
  #bus: Promise<ClientBus> | undefined
  #end: Promise<RemoteOrchestrator> | undefined

  constructor(deps: NodeDeps, nodeId: NodeId) {
    this.#deps = deps
    this.#nodeId = nodeId
  }

  handshake: OrchestratorEnd['handshake'] = async (...args) => (await this.#connected()).handshake(...args)
  heartbeat: OrchestratorEnd['heartbeat'] = async (...args) => (await this.#connected()).heartbeat(...args)
  updateInfo: OrchestratorEnd['updateInfo'] = async (...args) => (await this.#connected()).updateInfo(...args)
  deliver: OrchestratorEnd['deliver'] = async (...args) => (await this.#connected()).deliver(...args)
  goodbye: OrchestratorEnd['goodbye'] = async () => (await this.#end)?.goodbye()

  /** Each time the broker is back after it was lost. */
  onReachable(handler: () => void): Subscription {
    let watch: Subscription | undefined
    let isStopped = false
    let wasCut = false
    const onConnection = (isConnected: boolean): void => {
      if (isConnected && wasCut) handler()
      wasCut = !isConnected
    }
    this.#connection().then(
      (bus) => {
        if (!isStopped) watch = bus.onConnection(onConnection)
      },
      () => {},
    )
    return {
      stop: () => {
        isStopped = true
        watch?.stop()
      },
    }
  }

  async close(): Promise<void> {
    const bus = await Promise.race([this.#bus, Promise.resolve(undefined)])
    await bus?.close()
  }

  #connection(): Promise<ClientBus> {
    const { Compute } = this.#deps.settings
    this.#bus ??= ClientBus.connect({ servers: Compute.Orchestrators, token: Compute.Auth.Token, name: this.#nodeId })
    return this.#bus
  }

  #connected(): Promise<RemoteOrchestrator> {
    this.#end ??= this.#connection().then((bus) => new RemoteOrchestrator(bus, this.#nodeId, systemRandom))
    return this.#end
  }
}

const closing = (close: () => Promise<void>): Startable => ({ start: async () => {}, stop: close })

const requesterInfo = (nodeId: NodeId, settings: Settings): NodeInfo => ({
  NodeID: nodeId,
  NodeType: 'Requester',
  Labels: nodeLabels(settings.Labels, nodeId, buildInfo, { CPU: 0, Memory: 0, Disk: 0, GPU: 0 }),
  SupportedProtocols: ['bac/v1'],
  BacalhauVersion: buildInfo,
})

const serverSettings = ({ settings, apiHost }: NodeDeps) => ({
  host: apiHost,
  port: settings.API.Port,
  requestsPerSecond: settings.API.RateLimit,
  jobNaming: settings.Orchestrator.JobNaming as 'by-caller' | 'versioned' | 'independent',
})
