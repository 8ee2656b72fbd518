import { age, amount, boolean, duration, integer, list, minute, natsServers, port, second, text } from '../leaf.ts'
import { linkToken } from './api.ts'

export const orchestrator = {
  Enabled: boolean(false, 'Run the control plane'),
  Host: text('0.0.0.0', 'Address the node link listens on'),
  Port: port(4222, 'Port of the node link'),
  Advertise: text('', 'Address told to other nodes, host:port'),
  Auth: { Token: linkToken() },
  TLS: {
    ServerCert: text('', 'Certificate of the node link'),
    ServerKey: text('', 'Private key of that certificate'),
    CACert: text('', 'Certificate authority of the servers of Orchestrator.Bus'),
    ServerTimeout: integer(0, 'Seconds a TLS handshake of the node link may take; 0 = default'),
  },
  SupportReverseProxy: boolean(false, 'TLS of the node link is ended by a proxy in front'),
  Bus: {
    Servers: natsServers([], 'NATS servers between this orchestrator and its nodes; none = a broker of its own'),
  },
  Cluster: {
    Name: text('', 'Name of the broker cluster'),
    Host: text('', 'Address brokers listen on for each other'),
    Port: port(0, 'Port brokers listen on for each other'),
    Advertise: text('', 'Address told to other brokers'),
    Peers: list([], 'Brokers to connect to'),
  },
  NodeManager: {
    DisconnectTimeout: duration(minute, 'Silence after which a node counts as disconnected'),
    ManualApproval: boolean(false, 'New nodes wait for approval'),
  },
  Scheduler: {
    WorkerCount: integer(0, 'Schedulers that work in parallel; 0 = one per CPU'),
    Strategy: text(
      'spread',
      'Which nodes come first: those with most room (spread), or with least (pack), so that others stay empty',
      {
        choices: ['spread', 'pack'],
      },
    ),
    QueueBackoff: duration(minute, 'Longest time until a waiting job is looked at again when nothing happened'),
    HousekeepingInterval: duration(30n * second, 'How often overdue work is looked for'),
    HousekeepingTimeout: duration(
      2n * minute,
      'How long a connected Go node may say nothing to what it was asked, before it goes elsewhere',
    ),
  },
  EvaluationBroker: {
    VisibilityTimeout: duration(minute, 'Time after which an evaluation nobody finished is handed out again'),
    MaxRetryCount: integer(10, 'How often an evaluation is handed out'),
  },
  S3: {
    TrustedEndpoints: list(
      [],
      "Endpoints besides Amazon's own for whose results addresses are signed with the AWS credentials of this node",
    ),
  },
  JobNaming: text('by-caller', 'What a second submission under the same name is', {
    choices: ['by-caller', 'versioned', 'independent'],
  }),
  Store: text('', 'Where state lives: empty = a database in the data folder, or a postgres:// address'),
  MaxResultSize: amount('Disk', '100GB', 'Most bytes of one result of publisher link'),
  MaxUploadSize: amount('Disk', '10GB', 'Most bytes of one file or folder that is sent with a job'),
  Retention: {
    Jobs: age('How long a job is kept after its end, with everything that belongs to it; 0 = for ever'),
    Results: age('How long a result of publisher link is kept after it came; 0 = as long as its job'),
    Uploads: age(
      'How long what was sent with jobs is kept after the last of them has ended; 0 = as long as one of them is stored',
    ),
    MaxSize: amount(
      'Disk',
      '0',
      'Most bytes of uploads and results of publisher link together; beyond it goes what belongs to the job that ended longest ago. 0 = no limit',
    ),
    History: age('How long the history of a job is kept after its end; 0 = as long as the job'),
  },
}
