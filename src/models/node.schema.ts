import { cordons, memberships } from './node.ts'
import { field, listOf, oneOf, record, time } from './outline.ts'
import { resourcesOutline } from './resources.schema.ts'
import { int, text, textMap, uint64 } from './shape.schema.ts'

const leftOut = { isLeftOut: true } as const
const connections = oneOf(['CONNECTED', 'DISCONNECTED'])
const texts = listOf(text)

export const buildVersionOutline = record('BuildVersion', {
  Major: field(text, 'First number of the version.', leftOut),
  Minor: field(text, 'Second number of the version.', leftOut),
  GitVersion: field(text, 'Version, with a v in front.'),
  GitCommit: field(text, 'Commit it was built from.'),
  BuildDate: field(text, 'RFC 3339.'),
  GOOS: field(text, 'Operating system.'),
  GOARCH: field(text, 'Processor.'),
})

const computeNodeOutline = record('ComputeNodeInfo', {
  ExecutionEngines: field(texts, 'Engines it has.'),
  Publishers: field(texts, 'Publishers it has.'),
  StorageSources: field(texts, 'Sources of inputs it knows.'),
  MaxCapacity: field(resourcesOutline, 'All that it gives.'),
  QueueCapacity: field(resourcesOutline, 'What queued work will need.'),
  AvailableCapacity: field(resourcesOutline, 'What is free.'),
  MaxJobRequirements: field(resourcesOutline, 'Most that one job may ask for.'),
  RunningExecutions: field(int, 'Executions that run.'),
  EnqueuedExecutions: field(int, 'Executions that wait.'),
  address: field(text, 'Address for HTTP between nodes; may be empty.'),
})

const nodeInfoFields = {
  NodeID: field(text, 'Its name in the cluster.'),
  NodeType: field(oneOf(['Requester', 'Compute']), 'A node with both roles is Compute.'),
  Labels: field(textMap, 'What constraints look at.'),
  SupportedProtocols: field(texts, 'How other nodes may speak with it.'),
  ComputeNodeInfo: field(computeNodeOutline, 'When it runs programs.', leftOut),
  BacalhauVersion: field(buildVersionOutline, 'Its program.'),
}

const nodeStateFields = {
  Info: field(record('NodeInfo', nodeInfoFields), 'What the node says of itself.'),
  Membership: field(oneOf(memberships), 'Whether it may work.'),
  Connection: field(connections, 'Whether it is heard of.'),
  ConnectionState: field(
    record('ConnectionState', {
      Status: field(connections, 'Whether it is heard of.'),
      LastHeartbeat: field(time, 'Last sign of life.'),
      LastComputeSeqNum: field(uint64, 'Last message from it that was applied.', leftOut),
      LastOrchestratorSeqNum: field(uint64, 'Last message to it that it applied.', leftOut),
      ConnectedSince: field(time, 'Begin of the session.'),
      DisconnectedSince: field(time, 'End of the session.'),
      LastError: field(text, 'Why it ended.', leftOut),
    }),
    'Since when.',
  ),
  Message: field(text, 'Ours: what its operator said when deciding on it last.', leftOut),
  Cordon: field(oneOf(cordons), 'Ours: it gets nothing new; DRAINING until what it had is elsewhere.', leftOut),
  DrainBy: field(time, 'Ours, of a node that is drained: when what is left there is stopped.', leftOut),
  Trouble: field(
    int,
    'Ours: so many jobs have failed there of late for no fault of theirs; it comes last in placements.',
    leftOut,
  ),
  Remaining: field(int, 'Ours, of a node that is drained: executions that have not ended there.', leftOut),
}

export const nodeStateOutline = record('NodeState', nodeStateFields)
/** What a node answers about itself: the form of 1.4 and that of 1.9 in one. */
export const ownNodeOutline = record('OwnNode', {
  ...nodeStateFields,
  ...nodeInfoFields,
  Warnings: field(listOf(text), 'What its operator should look at.', leftOut),
})
