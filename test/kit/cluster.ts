import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { Engine } from '#contracts/engine.ts'
import type { Journal } from '#contracts/journal.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Publisher } from '#contracts/publisher.ts'
import type { ResultStore } from '#contracts/result-store.ts'
import type { SqlDatabase } from '#contracts/sql.ts'
import type { Storage } from '#contracts/storage.ts'
import type { Store } from '#contracts/store.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { AnyOrchestrator } from '#link/any-orchestrator.ts'
import { serveOrchestrator } from '#link/bus-ends.ts'
import type { NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Broker } from '#nats/server/broker.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { ComputeRole } from '#node/compute-role.ts'
import { keyOf } from '#orchestrator/nodes/node-keys.ts'
import { Orchestrator, type OrchestratorSettings } from '#orchestrator/orchestrator.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemDisk } from '#platform/disk.ts'
import { scheduleFlush } from '#platform/flush.ts'
import { lookAtPort } from '#platform/free-port.ts'
import { openJournal } from '#platform/journal-file.ts'
import { LogFiles } from '#platform/log-files.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { openStore } from '#state/open-store.ts'
import { busClient } from './bus-client.ts'
import type { FaultySql } from './faulty-sql.ts'
import { MemoryJournal } from './memory-journal.ts'

const gibibyte = 1024 ** 3
const smallNode: Resources = { CPU: 4, Memory: 4 * gibibyte, Disk: 100 * gibibyte, GPU: 0 }
const defaultResources: Resources = { CPU: 0.5, Memory: gibibyte / 2, Disk: 0, GPU: 0 }

export type HybridOptions = {
  engines: readonly Engine[]
  publishers?: readonly Publisher[]
  storages?: readonly Storage[]
  capacity?: Resources
  labels?: Record<string, string>
  settings?: Partial<OrchestratorSettings>
  databasePath?: string
  clock?: Clock
  /** When the orchestrator is there, and its own node is not. */
  beforeNode?: (jobs: JobsApi) => Promise<void>
}

const quiet = ['handshake_failed', 'orchestrator_found']
const log: EventLog = (event, fields) => {
  if (!quiet.includes(event)) console.error(event, fields)
}

export const openTestStore = (path = ':memory:'): Promise<Store> =>
  storeOn(openSqlite(path), path === ':memory:' ? new MemoryJournal() : openJournal(`${path}.journal`))
const storeOn = (database: SqlDatabase, journal: Journal): Promise<Store> =>
  openStore({ database, journal, clock: new SystemClock(), random: systemRandom, scheduleFlush })

const none = { priority: 0, executionTimeout: 0n, totalTimeout: 0n, publisher: undefined }

const testSettings = (nodeId: NodeId, change: Partial<OrchestratorSettings> = {}): OrchestratorSettings => ({
  nodeId,
  defaultResources,
  strategy: 'spread',
  jobDefaults: { batch: none, ops: none, daemon: none, service: none },
  maxResultBytes: 1e9,
  maxUploadBytes: 1e9,
  kept: { resultsMs: 0, uploadsMs: 0, maxBytes: 0 },
  settleMs: 50,
  answerLimitNs: 120_000_000_000n,
  retention: { jobsNs: 0n, historyNs: 0n },
  defaultMembership: 'APPROVED',
  heartbeatIntervalMs: 1_000,
  disconnectAfterMs: 60_000,
  ...change,
})

type RoleOptions = Pick<HybridOptions, 'engines' | 'publishers' | 'storages' | 'capacity' | 'labels' | 'clock'> & {
  nodeId: NodeId
  store: Store
  folder: string
  orchestrator: OrchestratorEnd
  sharesStore: boolean
}

const computeRole = (options: RoleOptions): ComputeRole => {
  const clock = options.clock ?? new SystemClock()
  const capacity = options.capacity ?? smallNode
  return new ComputeRole({
    facts: {
      nodeId: options.nodeId,
      labels: options.labels ?? {},
      version: buildInfo,
      capacity,
      maxPerJob: capacity,
    },
    store: options.store,
    clock,
    disk: systemDisk,
    logs: new LogFiles({ directory: join(options.folder, 'logs'), clock, limitBytes: 0, onLost: () => {} }),
    providers: [{ engines: options.engines, publishers: options.publishers ?? [], storages: options.storages ?? [] }],
    bids: {
      isNetworkRefused: true,
      isStatelessRefused: false,
      locality: 'Anywhere',
      probes: [],
      defaultResources,
    },
    host: { allowed: () => false, value: () => undefined },
    ports: { range: { first: 20_000, last: 32_000 }, look: lookAtPort, begin: 0 },
    publishForMs: 60_000,
    beatEveryMs: Number.POSITIVE_INFINITY,
    executionsDirectory: join(options.folder, 'executions'),
    orchestrator: options.orchestrator,
    sharesStore: options.sharesStore,
    log,
  })
}

const tempFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'bacalhau-test-'))

/** Orchestrator and compute in one process on one store, with real clock and disk. */
export const startHybrid = async (options: HybridOptions) => {
  const folder = await tempFolder()
  const clock = new SystemClock()
  const store = await openTestStore(options.databasePath)
  const nodeId = 'node-0' as NodeId
  const settings = testSettings(nodeId, options.settings)
  const orchestrator = new Orchestrator({ store, clock, random: systemRandom, settings, log })
  orchestrator.addLocalNode(nodeId)
  const compute = computeRole({
    ...options,
    nodeId,
    store,
    folder,
    orchestrator: orchestrator.link,
    sharesStore: true,
  })
  await orchestrator.start()
  await options.beforeNode?.(orchestrator.jobs)
  await compute.start()
  return {
    orchestrator,
    compute,
    store,
    jobs: orchestrator.jobs,
    async stop() {
      await compute.stop()
      await orchestrator.stop()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** An orchestrator with its broker, alone. `database`: its file, or one that is watched. */
export const startOrchestrator = async (
  settings: Partial<OrchestratorSettings> = {},
  database: string | FaultySql = ':memory:',
  said: EventLog = log,
  results?: ResultStore,
) => {
  const clock = new SystemClock()
  const store = typeof database === 'string' ? await openTestStore(database) : await storeOn(database, database.journal)
  const name = 'orchestrator'
  const door = new NodeDoor({
    token: '',
    ownName: name,
    clock,
    keyOf: (id) => keyOf(store, id),
    onLine: (id, isOpen) => orchestrator.lineChanged(id, isOpen),
    log,
  })
  const broker = new Broker({ host: '127.0.0.1', port: 0, name }, { clock, random: systemRandom, door, log })
  const orchestrator = new Orchestrator({
    store,
    clock,
    random: systemRandom,
    settings: testSettings(name as NodeId, settings),
    log: said,
    ...(results && { results }),
  })
  await broker.start()
  await orchestrator.start()
  const bus = new LocalBus(broker.router, clock, systemRandom)
  const served = serveOrchestrator({ bus, end: orchestrator.link, clock, random: systemRandom, log: said })
  return {
    orchestrator,
    store,
    jobs: orchestrator.jobs,
    nodes: orchestrator.nodes,
    bus,
    port: broker.port,
    async stop() {
      served.stop()
      await orchestrator.stop()
      await bus.close()
      await broker.stop()
      await store.close()
    },
  }
}

/** A compute node with its own store, joined over TCP. */
export const joinCompute = async (
  port: number,
  name: string,
  /** Some publishers speak with the orchestrator themselves. */
  {
    publishersOf,
    ...options
  }: Omit<HybridOptions, 'settings'> & { publishersOf?: (end: OrchestratorEnd) => Publisher[] },
) => {
  const folder = await tempFolder()
  const nodeId = name as NodeId
  const store = await openTestStore(options.databasePath)
  const bus = await busClient(port, { name })
  const orchestrator = new AnyOrchestrator({ bus, nodeId, clock: new SystemClock(), random: systemRandom, log })
  const compute = computeRole({
    ...options,
    ...(publishersOf && { publishers: publishersOf(orchestrator) }),
    nodeId,
    store,
    folder,
    orchestrator,
    sharesStore: false,
  })
  await compute.start()
  return {
    compute,
    /** Its line ends, as that of a process that is killed. */
    vanish: () => bus.close(),
    async stop() {
      await compute.stop()
      await bus.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
