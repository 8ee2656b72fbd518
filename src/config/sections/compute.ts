import {
  age,
  amount,
  boolean,
  capacity,
  data,
  duration,
  hour,
  integer,
  list,
  minute,
  natsServers,
  port,
  second,
  size,
  text,
  unsigned,
} from '../leaf.ts'
import { linkToken } from './api.ts'

export const compute = {
  Enabled: boolean(false, 'Run work on this node'),
  Orchestrators: natsServers(['nats://127.0.0.1:4222'], 'Orchestrators to connect to, or the NATS servers between'),
  Auth: { Token: linkToken() },
  TLS: {
    CACert: text('', 'Certificate authority of the orchestrator'),
    RequireTLS: boolean(false, 'Refuse a plain connection to the orchestrator'),
  },
  Heartbeat: {
    Interval: duration(15n * second, 'How often the node says that it lives'),
    InfoUpdateInterval: duration(
      minute,
      'How often the node looks again at what its machine has, and tells what changed; 0 = at its start only',
    ),
    ResourceUpdateInterval: duration(0n, 'No longer needed: free capacity is told at once'),
  },
  AllocatedCapacity: {
    CPU: capacity('CPU', '80%', 'CPU offered to jobs'),
    Memory: capacity('Memory', '80%', 'Memory offered to jobs'),
    Disk: capacity('Disk', '80%', 'Disk offered to jobs'),
    GPU: capacity('GPU', '100%', 'GPUs offered to jobs'),
  },
  JobLimits: {
    CPU: capacity('CPU', '100%', 'Most CPU that one job may take: an amount, or a share of what is offered'),
    Memory: capacity('Memory', '100%', 'Most memory that one job may take'),
    Disk: capacity('Disk', '100%', 'Most disk that one job may take'),
    GPU: capacity('GPU', '100%', 'Most GPUs that one job may take'),
  },
  AllowListedLocalPaths: list([], 'Local paths a job may mount: patterns, with :ro (default) or :rw'),
  Network: {
    AdvertisedAddress: text('', 'Address of this node as other machines reach it'),
    PortRangeStart: port(20000, 'First port handed out to jobs'),
    PortRangeEnd: port(32000, 'Last port handed out to jobs'),
    HTTPProxy: {
      AllowPrivateAddresses: boolean(
        false,
        'The HTTP network of a job may reach private addresses and this machine, never the servers of the node',
      ),
      AllowedPorts: data<readonly number[]>([80, 443], 'Ports the HTTP network of a job may reach; none = all'),
    },
  },
  Env: { AllowList: list([], 'Patterns of host variables a job may take with env:NAME') },
  Logs: {
    MaxSize: amount(
      'Disk',
      '1GiB',
      'Most output kept of one execution; a line tells where it ends, and its last words follow. Of a service or daemon the newest stays. 0 = no limit',
    ),
    MaxTotalSize: amount(
      'Disk',
      '0',
      'Most output a node keeps; beyond it that of the execution goes that ended longest ago. 0 = no limit',
    ),
    MaxCount: unsigned(0, 'Of how many executions a node keeps the output, likewise; 0 = no limit'),
    Retention: age(
      'How long a node keeps the output of an execution after the last byte; 0 = for ever. Its beginning stays with the job',
    ),
  },
  Docker: {
    PidsLimit: integer(4096, 'Most processes in a container; 0 = no limit'),
    LogMaxSize: size('100m', 'Most output the engine keeps of a container'),
    StopGrace: duration(10n * second, 'Time between the stop signal and the kill, where the job says none', {
      problem: (value) => (value >= 0n ? undefined : 'a time to stop is not negative'),
    }),
    ReadOnlyRoot: boolean(false, 'Containers write only to /tmp, in memory, and to their results'),
    Runtime: text('', 'Runtime of containers; empty = the default of the engine'),
    CapDrop: list(
      ['ALL'],
      'Capabilities taken away from containers; images that change owners or users need fewer taken',
    ),
    NewPrivileges: boolean(false, 'Programs may become more than they were started as, by setuid files of their image'),
    HostNamespaces: list([], 'What containers share with the machine instead of having their own: pid, ipc, uts', {
      problem: (names) => {
        const unknown = names.find((name) => !['pid', 'ipc', 'uts'].includes(name))
        return unknown === undefined ? undefined : `${JSON.stringify(unknown)} is none of pid, ipc, uts`
      },
    }),
  },
  InputCache: {
    MaxSize: amount(
      'Disk',
      '10GB',
      'Most disk that inputs of earlier jobs take, for jobs that read the same; 0 = none are kept',
    ),
    Retention: age('How long such an input is kept after its last use; 0 = until there is no room', 168n * hour),
  },
  S3: {
    TrustedEndpoints: list(
      [],
      "Endpoints besides Amazon's own that are asked with the AWS credentials of this node, such as https://minio.example:9000",
    ),
    Anonymous: boolean(false, 'Take S3 inputs also without AWS credentials, for buckets that everybody may read'),
  },
  IPFS: {
    Helia: text('', 'Module that makes a Helia node, for a machine without a Kubo; empty = none'),
  },
  Fetch: {
    AllowPrivateAddresses: boolean(true, 'Inputs may come from private addresses'),
    AllowLoopback: boolean(true, 'Inputs may come from this machine'),
    AllowedPorts: data<readonly number[]>([], 'Ports inputs may come from; none = all'),
    MaxBytes: integer(0, 'Most bytes of one input; 0 = the disk limit'),
  },
}

/** What a node agrees to run. */
export const jobAdmissionControl = {
  Locality: text('anywhere', 'Whether inputs must be on this node', { choices: ['anywhere', 'local'] }),
  RejectStatelessJobs: boolean(false, 'Refuse jobs without inputs'),
  RejectNetworkedJobs: boolean(true, 'Refuse jobs that ask for a network'),
  AcceptJobsFromJobs: boolean(false, 'Take jobs that a job submits through the proxy of its network'),
  ProbeHTTP: text(
    '',
    'URL that gets each job by POST, and takes it by a status of success and `ShouldBid` where it answers in JSON',
  ),
  ProbeExec: text(
    '',
    'Command that gets each job in its input, and takes it by exit code 0; what it complains of is the reason',
  ),
}
