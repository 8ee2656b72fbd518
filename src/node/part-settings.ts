import type { BidSettings } from '#compute/bids/bid-rule.ts'
import type { PortRange } from '#compute/ports.ts'
import type { HostEnvironment } from '#compute/steps/environment.ts'
import type { Settings } from '#config/tree.ts'
import { parseCapacity } from '#lib/capacity.ts'
import { Fault } from '#lib/fault.ts'
import { parseResources } from '#lib/resources.ts'
import { parsePublisherSpec } from '#lib/spec-text/publisher-spec.ts'
import type { NodeId } from '#models/ids.ts'
import { leastOf, type Resources } from '#models/resources.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { JobDefaults, TypeDefaults } from '#orchestrator/jobs/spec.ts'
import type { OrchestratorSettings } from '#orchestrator/orchestrator.ts'

export const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n)
/**
 * After a start nodes are given as long as any silent one to be heard of, and no longer than this. Those of Go from 1.6 on learn of it
 * by their next beat, and greet again up to 30 s after it.
 */
const longestSettleMs = 60_000

/** What a task is promised that asks for nothing. */
const defaultResourcesOf = (settings: Settings): Resources => parseResources(settings.JobDefaults.Batch.Task.Resources)

export const orchestratorSettings = (settings: Settings, nodeId: NodeId): OrchestratorSettings => ({
  nodeId,
  jobDefaults: jobDefaultsOf(settings),
  defaultResources: defaultResourcesOf(settings),
  strategy: settings.Orchestrator.Scheduler.Strategy === 'pack' ? 'pack' : 'spread',
  maxResultBytes: parseResources({ Disk: settings.Orchestrator.MaxResultSize }).Disk,
  maxUploadBytes: parseResources({ Disk: settings.Orchestrator.MaxUploadSize }).Disk,
  kept: {
    resultsMs: milliseconds(settings.Orchestrator.Retention.Results),
    uploadsMs: milliseconds(settings.Orchestrator.Retention.Uploads),
    maxBytes: parseResources({ Disk: settings.Orchestrator.Retention.MaxSize }).Disk,
  },
  settleMs: Math.min(longestSettleMs, milliseconds(settings.Orchestrator.NodeManager.DisconnectTimeout)),
  answerLimitNs: settings.Orchestrator.Scheduler.HousekeepingTimeout,
  retention: { jobsNs: settings.Orchestrator.Retention.Jobs, historyNs: settings.Orchestrator.Retention.History },
  defaultMembership: settings.Orchestrator.NodeManager.ManualApproval ? 'PENDING' : 'APPROVED',
  heartbeatIntervalMs: heartbeatIntervalOf(settings),
  disconnectAfterMs: milliseconds(settings.Orchestrator.NodeManager.DisconnectTimeout),
})

/** What nodes are told; they may do it more often. One that is given up early must be heard often: three times before that. */
const heartbeatIntervalOf = ({ Compute, Orchestrator }: Settings): number =>
  Math.min(
    milliseconds(Compute.Heartbeat.Interval),
    Math.ceil(milliseconds(Orchestrator.NodeManager.DisconnectTimeout) / 3),
  )

const seconds = (nanoseconds: bigint): bigint => nanoseconds / 1_000_000_000n

const defaultPublisherOf = (text: string): SpecConfig | undefined =>
  text === '' ? undefined : parsePublisherSpec(text)

/** What the server gives to jobs that say nothing. Throws a Fault for a publisher that cannot be read. */
export const jobDefaultsOf = ({ JobDefaults, DefaultPublisher }: Settings): JobDefaults => {
  const publisher = defaultPublisherOf(DefaultPublisher)
  const ending = ({ Priority, Task }: Settings['JobDefaults']['Batch']): TypeDefaults => ({
    priority: Priority,
    executionTimeout: seconds(Task.Timeouts.ExecutionTimeout),
    totalTimeout: seconds(Task.Timeouts.TotalTimeout),
    publisher: Task.Publisher.Type ? { Type: Task.Publisher.Type, Params: { ...Task.Publisher.Params } } : publisher,
  })
  const lasting = ({ Priority }: { Priority: number }): TypeDefaults => ({
    priority: Priority,
    executionTimeout: 0n,
    totalTimeout: 0n,
    publisher: undefined,
  })
  return {
    batch: ending(JobDefaults.Batch),
    ops: ending(JobDefaults.Ops),
    daemon: lasting(JobDefaults.Daemon),
    service: lasting(JobDefaults.Service),
  }
}

/** The share of the machine that is offered to jobs. */
export const capacityOf = (settings: Settings, detected: Resources): Resources => {
  const offered = parseCapacity(settings.Compute.AllocatedCapacity, detected)
  const gpus = detected.GPUs?.slice(0, offered.GPU)
  return { ...offered, ...(gpus && gpus.length > 0 ? { GPUs: gpus } : {}) }
}

/** Most of it that one job may take: never more than is offered. */
export const jobLimitsOf = (settings: Settings, offered: Resources): Resources => ({
  ...offered,
  ...leastOf(offered, parseCapacity(settings.Compute.JobLimits, offered)),
})

export const bidSettings = (settings: Settings, probes: BidSettings['probes']): Omit<BidSettings, 'maxPerJob'> => ({
  isNetworkRefused: settings.JobAdmissionControl.RejectNetworkedJobs,
  isStatelessRefused: settings.JobAdmissionControl.RejectStatelessJobs,
  locality: settings.JobAdmissionControl.Locality.toLowerCase() === 'local' ? 'Local' : 'Anywhere',
  probes,
  defaultResources: defaultResourcesOf(settings),
})

/** Ports that jobs get where they name none. */
export const portRange = ({ Compute: { Network } }: Settings): PortRange => {
  const { PortRangeStart: first, PortRangeEnd: last } = Network
  if (first <= last) return { first, last }
  throw new Fault(
    'ValidationError',
    `no port lies between Compute.Network.PortRangeStart ${first} and PortRangeEnd ${last}`,
    {
      hint: 'Set the start of the range to its lower end.',
    },
  )
}

/** Jobs read a variable of the node only when a pattern of the allow-list names it. */
export const hostEnvironment = (
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): HostEnvironment => {
  const patterns = settings.Compute.Env.AllowList.map(globPattern)
  return {
    allowed: (name) => patterns.some((pattern) => pattern.test(name)),
    value: (name) => environment[name],
  }
}

/** `*` stands for any text; everything else for itself, from end to end. */
const globPattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split('*')
      .map((text) => RegExp.escape(text))
      .join('.*')}$`,
  )
