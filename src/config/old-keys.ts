import { Fault } from '#lib/fault.ts'
import type { Kind } from './leaf.ts'

/** Which part of the program reads the configuration: a few 1.4 keys mean one thing to a node and another to a client. */
export type Side = 'node' | 'client'

/** What a 1.4 key may hold, where its new key does not say so: kinds of its own, and words of which one is chosen. */
export type OldKind = Kind | 'float' | 'roles' | 'methods' | 'log-mode' | 'store-type' | 'locality'

/** What became of a key of the 1.4 generation. An empty `to` = accepted without effect. */
export type OldKey = {
  readonly path: string
  /** That of its new key when absent. */
  readonly kind?: OldKind
  /** A spelling that only stood in files written by hand: read, but not listed. */
  readonly isVariant?: true
  /** The keys that took its place; the value goes to each of them unless `translate` says otherwise. */
  readonly to: readonly string[]
  readonly side?: Side
  /** From the raw old value to raw values of new keys. */
  readonly translate?: (value: unknown) => Readonly<Record<string, unknown>>
  /** The old value that says the same as the values of its new keys, in the order of `to`. */
  readonly back?: (...values: any[]) => unknown
  /** It decides, whatever other 1.4 keys say of the same new key. */
  readonly isStronger?: true
  /** Variables that set it, beyond `BACALHAU_` + the key with `_`. */
  readonly env?: readonly string[]
}

const moved = (path: string, ...to: string[]): OldKey => ({ path, to })
const group = (from: string, to: string, names: readonly string[]): OldKey[] =>
  names.map((name) => moved(`${from}.${name}`, `${to}.${name}`))
const as = (kind: OldKind, key: OldKey): OldKey => ({ ...key, kind })
const gone = (prefix: string, names: readonly string[], kind: OldKind = 'text'): OldKey[] =>
  names.map((name) => as(kind, moved(`${prefix}.${name}`)))
const onSide = (side: Side, keys: readonly OldKey[]): OldKey[] => keys.map((key) => ({ ...key, side }))
const words = (value: unknown): string[] =>
  (Array.isArray(value) ? value.map(String) : String(value).split(/[\s,]+/)).map((word) => word.trim().toLowerCase())
const isTrue = (value: unknown): boolean => ['true', 't', '1'].includes(String(value).toLowerCase())

const resources = ['CPU', 'Memory', 'Disk', 'GPU'] as const
const jobTypes = ['Batch', 'Ops', 'Daemon', 'Service'] as const
const endingTypes = ['Batch', 'Ops'] as const

const nodeType: OldKey = {
  path: 'Node.Type',
  kind: 'roles',
  to: ['Orchestrator.Enabled', 'Compute.Enabled'],
  back: (isOrchestrator: boolean, isCompute: boolean) =>
    isCompute ? ['compute', ...(isOrchestrator ? ['requester'] : [])] : ['requester'],
  translate: (value) => {
    const roles = words(value)
    const strange = roles.find((role) => role !== 'requester' && role !== 'compute')
    if (strange !== undefined) {
      const message = `invalid node type ${strange}. Only compute and requester values are supported`
      throw new Fault('ValidationError', message, { component: 'Config' })
    }
    return { 'Orchestrator.Enabled': roles.includes('requester'), 'Compute.Enabled': roles.includes('compute') }
  },
}
const acceptNetworked: OldKey = {
  path: 'Node.Compute.JobSelection.AcceptNetworkedJobs',
  kind: 'boolean',
  to: ['JobAdmissionControl.RejectNetworkedJobs'],
  back: (isRejecting: boolean) => !isRejecting,
  translate: (value) => ({ 'JobAdmissionControl.RejectNetworkedJobs': !isTrue(value) }),
}
const skipChecks: OldKey = {
  path: 'Update.SkipChecks',
  isStronger: true,
  kind: 'boolean',
  to: ['UpdateConfig.Interval'],
  back: (interval: bigint) => interval === 0n,
  translate: (value) => (isTrue(value) ? { 'UpdateConfig.Interval': '0s' } : {}),
}
const webPort: OldKey = {
  path: 'Node.WebUI.Port',
  kind: 'integer',
  to: ['WebUI.Listen'],
  back: (address: string) => Number(address.slice(address.lastIndexOf(':') + 1)),
  translate: (value) => ({ 'WebUI.Listen': `0.0.0.0:${String(value)}` }),
}

/** Nothing said of a limit is no limit of nothing. */
const emptyIsUnset = (key: OldKey): OldKey => ({
  ...key,
  translate: (value) => (value === '' ? {} : Object.fromEntries(key.to.map((path) => [path, value]))),
})
const controlPlane = (name: string): OldKey[] => [
  moved(`Node.Compute.${name}.HeartbeatFrequency`, 'Compute.Heartbeat.Interval'),
  moved(`Node.Compute.${name}.InfoUpdateFrequency`, 'Compute.Heartbeat.InfoUpdateInterval'),
  moved(`Node.Compute.${name}.ResourceUpdateFrequency`, 'Compute.Heartbeat.ResourceUpdateInterval'),
  moved(`Node.Compute.${name}.HeartbeatTopic`),
  moved(`Node.Requester.${name}.NodeDisconnectedAfter`, 'Orchestrator.NodeManager.DisconnectTimeout'),
  ...gone(`Node.Requester.${name}`, ['HeartbeatCheckFrequency'], 'duration'),
  ...gone(`Node.Requester.${name}`, ['HeartbeatTopic']),
]
const variants = (keys: readonly OldKey[]): OldKey[] => keys.map((key) => ({ ...key, isVariant: true }))

/**
 * Keys of the 1.4 generation and what they mean now. Both spellings a group had in hand-written files are here.
 * The name of a map's entry may follow a key that ends in a map (`Node.Labels.zone`).
 */
export const oldKeys: readonly OldKey[] = [
  { ...moved('Repo', 'DataDir'), isVariant: true },
  moved('Node.Name', 'Name'),
  moved('Node.NameProvider', 'NameProvider'),
  moved('Node.StrictVersionMatch', 'StrictVersionMatch'),
  moved('Node.Labels', 'Labels'),
  nodeType,
  ...onSide('node', group('Node.ServerAPI', 'API', ['Host', 'Port'])),
  ...onSide('client', group('Node.ClientAPI', 'API', ['Host', 'Port'])),
  moved('Node.ServerAPI.TLS.ServerCertificate', 'API.TLS.CertFile'),
  moved('Node.ServerAPI.TLS.ServerKey', 'API.TLS.KeyFile'),
  ...group('Node.ServerAPI.TLS', 'API.TLS', ['SelfSigned', 'AutoCert', 'AutoCertCachePath']),
  ...gone('Node.ServerAPI.ClientTLS', ['UseTLS', 'Insecure'], 'boolean'),
  ...gone('Node.ServerAPI.ClientTLS', ['CACert']),
  ...group('Node.ClientAPI.ClientTLS', 'API.TLS', ['UseTLS', 'Insecure']),
  moved('Node.ClientAPI.ClientTLS.CACert', 'API.TLS.CAFile'),
  ...gone('Node.ClientAPI.TLS', ['AutoCert', 'AutoCertCachePath', 'ServerCertificate', 'ServerKey']),
  ...gone('Node.ClientAPI.TLS', ['SelfSigned'], 'boolean'),
  as('methods', moved('Auth.Methods', 'API.Auth.Methods')),
  moved('Auth.AccessPolicyPath', 'API.Auth.AccessPolicyPath'),
  ...gone('Auth', ['TokensPath']),
  ...gone('User', ['KeyPath', 'InstallationID']),
  ...gone('Metrics', ['EventTracerPath']),
  moved('Update.CheckFrequency', 'UpdateConfig.Interval'),
  skipChecks,
  ...gone('Update', ['CheckStatePath']),
  as('log-mode', moved('Node.LoggingMode', 'Logging.Mode')),
  moved('Node.WebUI.Enabled', 'WebUI.Enabled'),
  webPort,

  moved('Node.Network.Port', 'Orchestrator.Port'),
  moved('Node.Network.AdvertisedAddress', 'Orchestrator.Advertise'),
  moved('Node.Network.AuthSecret', 'Orchestrator.Auth.Token', 'Compute.Auth.Token'),
  moved('Node.Network.Orchestrators', 'Compute.Orchestrators'),
  ...gone('Node.Network', ['StoreDir']),
  ...group('Node.Network.Cluster', 'Orchestrator.Cluster', ['Name', 'Port', 'Peers']),
  moved('Node.Network.Cluster.AdvertisedAddress', 'Orchestrator.Cluster.Advertise'),

  moved(
    'Node.IPFS.Connect',
    'InputSources.Types.IPFS.Endpoint',
    'Publishers.Types.IPFS.Endpoint',
    'ResultDownloaders.Types.IPFS.Endpoint',
  ),
  moved('Node.DownloadURLRequestTimeout', 'InputSources.ReadTimeout'),
  moved('Node.DownloadURLRequestRetries', 'InputSources.MaxRetryCount'),
  ...gone('Node', ['VolumeSizeRequestTimeout'], 'duration'),
  ...gone('Node', ['ExecutorPluginPath', 'ComputeStoragePath']),
  moved('Node.AllowListedLocalPaths', 'Compute.AllowListedLocalPaths'),
  moved('Node.DisabledFeatures.Engines', 'Engines.Disabled'),
  moved('Node.DisabledFeatures.Publishers', 'Publishers.Disabled'),
  moved('Node.DisabledFeatures.Storages', 'InputSources.Disabled'),

  ...group('Node.Compute.Capacity.TotalResourceLimits', 'Compute.AllocatedCapacity', resources).map(emptyIsUnset),
  ...group('Node.Compute.Capacity.JobResourceLimits', 'Compute.JobLimits', resources).map(emptyIsUnset),
  ...resources.map((name) =>
    moved(
      `Node.Compute.Capacity.DefaultJobResourceLimits.${name}`,
      ...jobTypes.map((type) => `JobDefaults.${type}.Task.Resources.${name}`),
    ),
  ),
  ...gone('Node.Compute.Capacity', ['IgnorePhysicalResourceLimits'], 'boolean'),
  ...gone('Node.Compute.ExecutionStore', ['Type'], 'store-type'),
  ...gone('Node.Compute.ExecutionStore', ['Path']),
  ...gone('Node.Compute.JobTimeouts', ['JobExecutionTimeoutClientIDBypassList'], 'list'),
  ...gone(
    'Node.Compute.JobTimeouts',
    ['JobNegotiationTimeout', 'MinJobExecutionTimeout', 'MaxJobExecutionTimeout'],
    'duration',
  ),
  moved(
    'Node.Compute.JobTimeouts.DefaultJobExecutionTimeout',
    ...endingTypes.map((type) => `JobDefaults.${type}.Task.Timeouts.ExecutionTimeout`),
  ),
  as('locality', moved('Node.Compute.JobSelection.Locality', 'JobAdmissionControl.Locality')),
  ...group('Node.Compute.JobSelection', 'JobAdmissionControl', ['RejectStatelessJobs', 'ProbeHTTP', 'ProbeExec']),
  acceptNetworked,
  moved('Node.Compute.Logging.LogRunningExecutionsInterval', 'Logging.LogDebugInfoInterval'),
  moved('Node.Compute.ManifestCache.Size', 'Engines.Types.Docker.ManifestCache.Size'),
  moved('Node.Compute.ManifestCache.Duration', 'Engines.Types.Docker.ManifestCache.TTL'),
  moved('Node.Compute.ManifestCache.Frequency', 'Engines.Types.Docker.ManifestCache.Refresh'),
  ...gone('Node.Compute.LogStreamConfig', ['ChannelBufferSize'], 'integer'),
  ...variants(gone('Node.Compute.LogStream', ['ChannelBufferSize'], 'integer')),
  ...group('Node.Compute.LocalPublisher', 'Publishers.Types.Local', ['Address', 'Port', 'Directory']),
  ...controlPlane('ControlPlaneSettings'),
  ...variants(controlPlane('ClusterTimeouts')),

  ...(['TotalTimeout', 'ExecutionTimeout'] as const).map((name) =>
    moved(
      `Node.Requester.JobDefaults.${name}`,
      ...endingTypes.map((type) => `JobDefaults.${type}.Task.Timeouts.${name}`),
    ),
  ),
  ...gone('Node.Requester.JobDefaults', ['QueueTimeout'], 'duration'),
  ...gone('Node.Requester', ['ExternalVerifierHook']),
  ...gone('Node.Requester', ['NodeRankRandomnessRange'], 'integer'),
  ...gone('Node.Requester', ['OverAskForBidsFactor'], 'unsigned'),
  ...gone('Node.Requester', ['TranslationEnabled'], 'boolean'),
  ...gone('Node.Requester', ['NodeInfoStoreTTL'], 'duration'),
  ...gone('Node.Requester.JobSelectionPolicy', ['Locality'], 'locality'),
  ...gone('Node.Requester.JobSelectionPolicy', ['RejectStatelessJobs', 'AcceptNetworkedJobs'], 'boolean'),
  ...gone('Node.Requester.JobSelectionPolicy', ['ProbeHTTP', 'ProbeExec']),
  ...gone('Node.Requester.JobStore', ['Type'], 'store-type'),
  ...gone('Node.Requester.JobStore', ['Path']),
  moved('Node.Requester.HousekeepingBackgroundTaskInterval', 'Orchestrator.Scheduler.HousekeepingInterval'),
  ...gone('Node.Requester.FailureInjectionConfig', ['IsBadActor'], 'boolean'),
  moved(
    'Node.Requester.EvaluationBroker.EvalBrokerVisibilityTimeout',
    'Orchestrator.EvaluationBroker.VisibilityTimeout',
  ),
  moved('Node.Requester.EvaluationBroker.EvalBrokerMaxRetryCount', 'Orchestrator.EvaluationBroker.MaxRetryCount'),
  ...gone(
    'Node.Requester.EvaluationBroker',
    ['EvalBrokerInitialRetryDelay', 'EvalBrokerSubsequentRetryDelay'],
    'duration',
  ),
  moved('Node.Requester.Worker.WorkerCount', 'Orchestrator.Scheduler.WorkerCount'),
  ...gone(
    'Node.Requester.Worker',
    ['WorkerEvalDequeueTimeout', 'WorkerEvalDequeueBaseBackoff', 'WorkerEvalDequeueMaxBackoff'],
    'duration',
  ),
  moved('Node.Requester.Scheduler.QueueBackoff', 'Orchestrator.Scheduler.QueueBackoff'),
  ...gone('Node.Requester.Scheduler', ['NodeOverSubscriptionFactor'], 'float'),
  ...group('Node.Requester.StorageProvider.S3', 'Publishers.Types.S3', [
    'PreSignedURLDisabled',
    'PreSignedURLExpiration',
  ]),
  ...gone('Node.Requester.TagCache', ['Size'], 'unsigned'),
  ...gone('Node.Requester.TagCache', ['Duration', 'Frequency'], 'duration'),
  moved('Node.Requester.DefaultPublisher', 'DefaultPublisher'),
  moved('Node.Requester.ManualNodeApproval', 'Orchestrator.NodeManager.ManualApproval'),
]
