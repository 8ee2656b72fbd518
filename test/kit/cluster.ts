import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '#contracts/engine.ts'
import type { Store } from '#contracts/store.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import { ComputeRole } from '#node/compute-role.ts'
import { Orchestrator, type OrchestratorSettings } from '#orchestrator/orchestrator.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemDisk } from '#platform/disk.ts'
import { scheduleFlush } from '#platform/flush.ts'
import { LogFiles } from '#platform/log-files.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { openStore } from '#state/open-store.ts'

export const gibibyte = 1024 ** 3
export const smallNode: Resources = { CPU: 4, Memory: 4 * gibibyte, Disk: 100 * gibibyte, GPU: 0 }
const defaultResources: Resources = { CPU: 0.5, Memory: gibibyte / 2, Disk: 0, GPU: 0 }

export type HybridOptions = {
  engines: readonly Engine[]
  capacity?: Resources
  labels?: Record<string, string>
  settings?: Partial<OrchestratorSettings>
  databasePath?: string
}

const log = (event: string, fields: Record<string, unknown>): void => {
  if (event !== 'handshake_failed') console.error(event, fields)
}

export const openTestStore = (path = ':memory:'): Promise<Store> =>
  openStore({ database: openSqlite(path), clock: new SystemClock(), random: systemRandom, scheduleFlush })

/** Orchestrator and compute in one process on one store, with real clock and disk. */
export const startHybrid = async (options: HybridOptions) => {
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-test-'))
  const clock = new SystemClock()
  const store = await openTestStore(options.databasePath)
  const nodeId = 'node-0' as NodeId
  const orchestrator = new Orchestrator({
    store,
    clock,
    random: systemRandom,
    settings: {
      nodeId,
      defaultResources,
      settleMs: 50,
      defaultMembership: 'APPROVED',
      heartbeatIntervalMs: 1_000,
      disconnectAfterMs: 5_000,
      ...options.settings,
    },
    log,
  })
  orchestrator.addLocalNode(nodeId)
  const capacity = options.capacity ?? smallNode
  const compute = new ComputeRole({
    facts: { nodeId, labels: options.labels ?? {}, version: buildInfo, capacity, maxPerJob: capacity },
    store,
    clock,
    disk: systemDisk,
    logs: new LogFiles(join(folder, 'logs'), clock),
    providers: [{ engines: options.engines }],
    bids: {
      isNetworkRefused: true,
      isStatelessRefused: false,
      locality: 'Anywhere',
      maxPerJob: capacity,
      defaultResources,
    },
    host: { allowed: () => false, value: () => undefined },
    executionsDirectory: join(folder, 'executions'),
    orchestrator: orchestrator.link,
    sharesStore: true,
    log,
  })
  await orchestrator.start()
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
