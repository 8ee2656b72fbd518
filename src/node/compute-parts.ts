import { createHash } from 'node:crypto'
import type { LiveFacts } from '#compute/node-info.ts'
import type { Settings } from '#config/tree.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import { buildInfo } from '#lib/build-info.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { parseResources } from '#lib/resources.ts'
import type { NodeId } from '#models/ids.ts'
import type { Resources } from '#models/resources.ts'
import type { ClientSettings } from '#nats/client-options.ts'
import type { Orchestrator } from '#orchestrator/orchestrator.ts'
import { detectResources } from '#platform/detect-resources.ts'
import { systemDisk } from '#platform/disk.ts'
import { lookAtPort } from '#platform/free-port.ts'
import { LogFiles } from '#platform/log-files.ts'
import { LogSweep } from '#platform/log-sweep.ts'
import { systemRandom } from '#platform/random.ts'
import { nodeProviders } from '#providers/index.ts'
import { ComputeRole } from './compute-role.ts'
import { enabledProviders } from './enabled-providers.ts'
import { inputCache } from './input-cache.ts'
import { jobProbes } from './job-probes.ts'
import { nodeLabels } from './labels.ts'
import { LateOrchestrator } from './late-orchestrator.ts'
import { removeLeftFolders } from './left-folders.ts'
import { Machine } from './machine.ts'
import type { NodeDeps, PartContext } from './node-deps.ts'
import { nodeKey } from './node-key.ts'
import { bidSettings, capacityOf, hostEnvironment, jobLimitsOf, milliseconds, portRange } from './part-settings.ts'
import { providerSettings } from './provider-settings.ts'
import { requireAuthority } from './tls/authority.ts'

export type ComputeContext = PartContext & {
  /** Ports of this node's own servers: no job makes it fetch from them. */
  ownPorts: () => readonly number[]
  /** In the same process; absent = over the bus. */
  orchestrator: Orchestrator | undefined
}

/** The compute part with everything it runs on. */
export const computeParts = async (
  deps: NodeDeps,
  { nodeId, store, clock, log, ownPorts, orchestrator }: ComputeContext,
): Promise<{ role: ComputeRole; parts: Startable[] }> => {
  const { settings, folder } = deps
  await systemDisk.makeDirectory(folder.executionsFolder)
  for (const each of [folder.executionsFolder, folder.offeredFolder])
    await removeLeftFolders(store, systemDisk, each, log)
  const machine = new Machine({
    clock,
    everyMs: milliseconds(settings.Compute.Heartbeat.InfoUpdateInterval),
    detect: (onToolTrouble) => detectResources(folder.executionsFolder, onToolTrouble),
    labels: deps.labels ?? (async () => settings.Labels),
    factsOf: (found, labels) => factsOf(settings, nodeId, found, labels),
    log,
  })
  const remote = orchestrator ? undefined : await lateOrchestrator(deps, { nodeId, clock, log })
  orchestrator?.addLocalNode(nodeId)
  const end = (orchestrator?.link ?? remote) as OrchestratorEnd
  const onReachable = remote ? { onReachable: (handler: () => void) => remote.onReachable(handler) } : {}
  const cache = await inputCache(deps, { clock, log })
  const providers = nodeProviders(providerSettings(deps), {
    clock,
    environment: deps.environment,
    random: systemRandom,
    log,
    owner: ownerOf(nodeId, folder.roleFolder),
    wasmCommand: deps.wasmCommand,
    listenCommand: deps.listenCommand,
    cache,
    offer: (offer) => end.takeResult(nodeId, offer),
    uploadAddress: (request) => end.uploadAddress(nodeId, request),
    readUpload: (query) => end.readUpload(nodeId, query),
    ...onReachable,
    ownPorts,
  })
  const { MaxSize, MaxTotalSize, MaxCount, Retention } = settings.Compute.Logs
  const logs = new LogFiles({
    directory: folder.logsFolder,
    clock,
    limitBytes: parseResources({ Disk: MaxSize }).Disk,
    onLost: (executionId, error) => log('output_not_kept', { executionId, error }),
  })
  const probes = jobProbes(settings, { nodeId, clock, path: deps.environment['PATH'] ?? '' })
  const role = new ComputeRole({
    facts: { ...(await machine.look()), nodeId, version: buildInfo },
    store,
    clock,
    disk: { ...systemDisk, makeRoom: () => cache.makeRoom() },
    logs,
    providers: enabledProviders(settings, providers),
    bids: bidSettings(settings, probes),
    host: hostEnvironment(settings, deps.environment),
    ports: { range: portRange(settings), look: lookAtPort, begin: systemRandom.float() },
    publishForMs: milliseconds(settings.Publishers.RetryFor),
    beatEveryMs: milliseconds(settings.Compute.Heartbeat.Interval),
    executionsDirectory: folder.executionsFolder,
    orchestrator: end,
    sharesStore: orchestrator !== undefined,
    isPassing: deps.isPassing ?? false,
    ...onReachable,
    log,
  })
  machine.onChange = (facts) => role.setLiveFacts(facts)
  const sweep = new LogSweep({
    logs,
    clock,
    policy: {
      keptMs: milliseconds(Retention),
      totalBytes: parseResources({ Disk: MaxTotalSize }).Disk,
      count: MaxCount,
    },
    isAtWork: async (executionId) => (await store.work(executionId)) !== undefined,
    onSwept: (swept) => log('logs_swept', swept),
    onError: (error) => log('log_sweep_failed', { error }),
  })
  return { role, parts: [...(remote ? [remote] : []), cache, role, machine, sweep] }
}

const factsOf = (settings: Settings, nodeId: NodeId, found: Resources, configured: Settings['Labels']): LiveFacts => {
  const capacity = capacityOf(settings, found)
  const labels = nodeLabels(configured, nodeId, buildInfo, capacity)
  return { labels, capacity, maxPerJob: jobLimitsOf(settings, capacity) }
}

const lateOrchestrator = async (
  { settings: { Compute }, folder }: NodeDeps,
  { nodeId, clock, log }: Pick<PartContext, 'nodeId' | 'clock' | 'log'>,
): Promise<LateOrchestrator> => {
  await requireAuthority(systemDisk, 'Compute.TLS.CACert', Compute.TLS.CACert)
  const { seed, publicKey } = await nodeKey(systemDisk, folder.nodeKeyFile)
  const client: ClientSettings = {
    section: 'Compute',
    servers: Compute.Orchestrators,
    token: Compute.Auth.Token,
    caFile: Compute.TLS.CACert,
    isTlsRequired: Compute.TLS.RequireTLS,
    name: nodeId,
    keySeed: seed,
  }
  return new LateOrchestrator(client, { nodeId, publicKey }, { clock, random: systemRandom, log })
}

/** Two nodes of one name on one machine, as of two development clusters, leave each other's containers alone (X21). */
const ownerOf = (nodeId: string, folder: string): string =>
  `${nodeId}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`
