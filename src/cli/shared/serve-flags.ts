import { bool, custom, duration, int, strings, stringToString, text, uint64 } from '../flags.ts'

const second = 1_000_000_000n
const compute = 'Node.Compute'
const requester = 'Node.Requester'

const localityFlag = custom(
  'local|anywhere',
  '',
  'Whether inputs must be on this node',
  (given) => {
    const word = given.toLowerCase()
    if (word === 'local' || word === 'anywhere') return word as string
    throw new Error(`semantic.JobSelectionDataLocality: unknown type '${given}'`)
  },
  { setting: `${compute}.JobSelection.Locality` },
)
const storeType = (setting: string) =>
  custom(
    'storage-type',
    '',
    'Has no effect: state is kept in one database',
    (given) => {
      if (given.toLowerCase() !== 'boltdb')
        throw new Error(`StorageType: unknown type '${given}' (valid types: ["BoltDB"])`)
      return 'BoltDB'
    },
    { setting },
  )

/** Flags that decide what a node accepts; `devstack` has them too. */
export const nodePolicyFlags = {
  'allow-listed-local-paths': strings([], 'Local paths a job may mount: patterns, with :ro or :rw', {
    setting: 'Compute.AllowListedLocalPaths',
  }),
  'disable-engine': strings([], 'Engines to switch off', { setting: 'Engines.Disabled' }),
  'disable-storage': strings([], 'Kinds of input to switch off', { setting: 'InputSources.Disabled' }),
  'disabled-publisher': strings([], 'Publishers to switch off', { setting: 'Publishers.Disabled' }),
  'ignore-physical-resource-limits': bool(false, 'Has no effect', {
    setting: `${compute}.Capacity.IgnorePhysicalResourceLimits`,
  }),
  'limit-total-cpu': text('', 'CPU offered to jobs', { setting: 'Compute.AllocatedCapacity.CPU' }),
  'limit-total-memory': text('', 'Memory offered to jobs', { setting: 'Compute.AllocatedCapacity.Memory' }),
  'limit-total-gpu': text('', 'GPUs offered to jobs', { setting: 'Compute.AllocatedCapacity.GPU' }),
  'limit-job-cpu': text('', 'Most CPU that one job may take', { setting: 'Compute.JobLimits.CPU' }),
  'limit-job-memory': text('', 'Most memory that one job may take', { setting: 'Compute.JobLimits.Memory' }),
  'limit-job-gpu': text('', 'Most GPUs that one job may take', { setting: 'Compute.JobLimits.GPU' }),
  'job-selection-data-locality': localityFlag,
  'job-selection-reject-stateless': bool(false, 'Refuse jobs without inputs', {
    setting: 'JobAdmissionControl.RejectStatelessJobs',
  }),
  'job-selection-accept-networked': bool(false, 'Accept jobs that ask for a network', {
    setting: `${compute}.JobSelection.AcceptNetworkedJobs`,
  }),
  'job-selection-probe-http': text(
    '',
    'URL that gets each job by POST, and takes it by a status of success and `ShouldBid` where it answers in JSON',
    {
      setting: 'JobAdmissionControl.ProbeHTTP',
    },
  ),
  'job-selection-probe-exec': text(
    '',
    'Command that gets each job in its input, and takes it by exit code 0; what it complains of is the reason',
    {
      setting: 'JobAdmissionControl.ProbeExec',
    },
  ),
  'job-negotiation-timeout': duration(180n * second, 'Has no effect', {
    setting: `${compute}.JobTimeouts.JobNegotiationTimeout`,
  }),
  'min-job-execution-timeout': duration(second / 2n, 'Has no effect', {
    setting: `${compute}.JobTimeouts.MinJobExecutionTimeout`,
  }),
  'max-job-execution-timeout': duration(9_223_372_036n * second, 'Has no effect', {
    setting: `${compute}.JobTimeouts.MaxJobExecutionTimeout`,
  }),
  'default-job-execution-timeout': duration(600n * second, 'Time an execution may run when the task says nothing', {
    setting: `${compute}.JobTimeouts.DefaultJobExecutionTimeout`,
  }),
  'job-execution-timeout-bypass-client-id': strings([], 'Has no effect', {
    setting: `${compute}.JobTimeouts.JobExecutionTimeoutClientIDBypassList`,
  }),
  'requester-job-translation-enabled': bool(false, 'Has no effect', { setting: `${requester}.TranslationEnabled` }),
  'docker-manifest-cache-size': uint64(1000, 'Images whose description is remembered', {
    setting: 'Engines.Types.Docker.ManifestCache.Size',
  }),
  'docker-manifest-cache-duration': duration(3600n * second, 'How long an image description is remembered', {
    setting: 'Engines.Types.Docker.ManifestCache.TTL',
  }),
  'docker-manifest-cache-frequency': duration(3600n * second, 'How often an image description is looked up again', {
    setting: 'Engines.Types.Docker.ManifestCache.Refresh',
  }),
  'default-publisher': text('', 'Publisher of jobs that name none', { setting: `${requester}.DefaultPublisher` }),
  'local-publisher-address': text('public', 'Address under which results are fetched', {
    setting: 'Publishers.Types.Local.Address',
  }),
  'local-publisher-port': int(6001, 'Port under which results are fetched', {
    setting: 'Publishers.Types.Local.Port',
  }),
  'local-publisher-directory': text('', 'Folder that keeps results', { setting: 'Publishers.Types.Local.Directory' }),
  autocert: text('', 'Host name to get a certificate for by ACME', { setting: 'API.TLS.AutoCert' }),
  tlscert: text('', 'Certificate of the server', { setting: 'API.TLS.CertFile' }),
  tlskey: text('', 'Private key of the certificate', { setting: 'API.TLS.KeyFile' }),
  'self-signed': bool(false, 'Make a certificate at start', { setting: 'API.TLS.SelfSigned' }),
}

/** Flags of `serve` in both spellings. */
export const serveFlags = {
  ...nodePolicyFlags,
  orchestrator: bool(false, 'Run the control plane', { setting: 'Orchestrator.Enabled' }),
  compute: bool(false, 'Run work on this node', { setting: 'Compute.Enabled' }),
  'node-type': strings(['requester'], 'Roles of the node: requester, compute', { setting: 'Node.Type' }),
  drain: bool(false, 'When asked to end, wait for running work first; a second signal does not wait'),
  name: text('', 'Name of the node', { setting: 'Name' }),
  'name-provider': text('puuid', 'How a node without a name gets one: hostname, uuid, puuid', {
    setting: 'NameProvider',
  }),
  host: text('', 'Address to listen on, or the kind of address to use', { setting: 'API.Host' }),
  port: int(1234, 'Port to listen on', { setting: 'API.Port' }),
  labels: stringToString({}, 'Labels of the node: key=value', { setting: 'Labels' }),
  orchestrators: strings([], 'Orchestrators to connect to: nats://host:port', { setting: 'Compute.Orchestrators' }),
  peer: text('', 'Has no effect', { deprecated: 'it has no effect' }),
  'network-port': int(4222, 'Port other nodes connect to', { setting: 'Orchestrator.Port' }),
  'network-store-dir': text('', 'Has no effect', { setting: 'Node.Network.StoreDir' }),
  'advertised-address': text('', 'Address told to other nodes', { setting: 'Orchestrator.Advertise' }),
  'cluster-name': text('', 'Name of the broker cluster', { setting: 'Orchestrator.Cluster.Name' }),
  'cluster-port': int(0, 'Port brokers listen on for each other', { setting: 'Orchestrator.Cluster.Port' }),
  'cluster-advertised-address': text('', 'Address told to other brokers', {
    setting: 'Orchestrator.Cluster.Advertise',
  }),
  'cluster-peers': strings([], 'Brokers to connect to', { setting: 'Orchestrator.Cluster.Peers' }),
  'ipfs-connect': text('', 'Address of the IPFS node', { setting: 'Node.IPFS.Connect' }),
  'compute-execution-store-type': storeType(`${compute}.ExecutionStore.Type`),
  'compute-execution-store-path': text('', 'Has no effect', { setting: `${compute}.ExecutionStore.Path` }),
  'requester-job-store-type': storeType(`${requester}.JobStore.Type`),
  'requester-job-store-path': text('', 'Has no effect', { setting: `${requester}.JobStore.Path` }),
  'node-info-store-ttl': duration(600n * second, 'Has no effect', { setting: `${requester}.NodeInfoStoreTTL` }),
  'web-ui': bool(false, 'Serve the console', { setting: 'WebUI.Enabled' }),
  'web-ui-port': int(8438, 'Port of the console', { setting: 'Node.WebUI.Port' }),
}
