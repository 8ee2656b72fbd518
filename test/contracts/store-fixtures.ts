import type { IdempotencyToken, WorkRow } from '#contracts/store.ts'
import { rawNumber } from '#lib/json/raw-number.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { NewHistory } from '#models/job-history.ts'
import type { NodeState } from '#models/node.ts'

export const startNs = 1_764_000_000_123_456_789n

/** A number as it sits in an id: `j-00000000-0000-4000-8000-000000000007`. */
const uuidOf = (n: number): string => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
export const jobId = (n: number): JobId => `j-${uuidOf(n)}` as JobId
export const executionId = (n: number): ExecutionId => `e-${uuidOf(n)}` as ExecutionId
export const nodeId = (n: number): NodeId => `n-${uuidOf(n)}` as NodeId

/** A job with everything in it that is hard to store. */
export const aJob = (n: number, change: Partial<Job> = {}): Job => ({
  ID: jobId(n),
  Name: jobId(n),
  Namespace: 'default',
  Type: 'batch',
  Priority: 0,
  Count: 1,
  Constraints: [{ Key: 'region', Operator: 'in', Values: ['eu', 'us'] }],
  Meta: { 'bacalhau.org/requester.id': 'n-me' },
  Labels: {},
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'wasm', Params: { EntryPoint: '_start', Fuel: rawNumber('1.50'), Big: 9_007_199_254_740_993n } },
      Publisher: { Type: '' },
      Env: { HOME: '\u0001n5', __proto__: 'x' },
      Meta: {},
      InputSources: [],
      ResultPaths: [],
      Resources: { CPU: '0.1', Memory: '64mb' },
      Network: { Type: 'None' },
      Timeouts: { ExecutionTimeout: 9_007_199_254_740_993n, TotalTimeout: 0n },
    },
  ],
  State: { StateType: 'Pending' },
  Version: 1,
  Revision: 1,
  CreateTime: startNs + BigInt(n),
  ModifyTime: startNs + BigInt(n),
  VersionTime: startNs + BigInt(n),
  ...change,
})

/** The very same for all, as that of an execution and its order are. */
const allocated = { Tasks: { main: { CPU: 0.1, Memory: 64_000_000, Disk: 0, GPU: 0 } } }

export const anExecution = (n: number, change: Partial<Execution> = {}): Execution => ({
  ID: executionId(n),
  Namespace: 'default',
  EvalID: 'b2f5…',
  Name: executionId(n),
  NodeID: nodeId(1),
  JobID: jobId(1),
  JobVersion: 1,
  AllocatedResources: allocated,
  DesiredState: { StateType: 'Running' },
  ComputeState: { StateType: 'New' },
  PublishedResult: null,
  RunOutput: null,
  PreviousExecution: '',
  NextExecution: '',
  FollowupEvalID: '',
  PartitionIndex: 0,
  Revision: 1,
  CreateTime: startNs,
  ModifyTime: startNs,
  Attempt: 1,
  Epoch: 1,
  FailureClass: '',
  StartTime: 0n,
  ...change,
})

const guest = 0x1000_0000
/** A job that has ended, and that is removed when the next one comes. */
export const guestJob = (n: number): Job => aJob(guest + n, { State: { StateType: 'Completed' } })
export const guestExecution = (n: number): Execution =>
  anExecution(guest + n, { JobID: guestJob(n).ID, ComputeState: { StateType: 'Completed' } })

export const aLine = (change: Partial<NewHistory> = {}): NewHistory => ({
  Type: 'JobLevel',
  JobID: jobId(1),
  JobVersion: 1,
  NewRevision: 1,
  JobState: { Previous: 'Undefined', New: 'Pending' },
  Event: { Message: 'Job submitted', Topic: 'Submission', Timestamp: startNs },
  Time: startNs,
  Audience: 'all',
  ...change,
})

export const someWork = (n: number, change: Partial<WorkRow> = {}): WorkRow => ({
  executionId: executionId(n),
  state: 'New',
  order: { execution: anExecution(n), job: aJob(1) },
  need: { CPU: 0.1, Memory: 64_000_000, Disk: 0, GPU: 0 },
  startTime: 0n,
  ...change,
})

export const aNode = (n: number): NodeState => ({
  Info: {
    NodeID: nodeId(n),
    NodeType: 'Compute',
    Labels: { region: 'eu' },
    SupportedProtocols: ['ncl/v1', 'bac/v1'],
    BacalhauVersion: { GitVersion: 'v1.9.3', GitCommit: '', BuildDate: '', GOOS: 'linux', GOARCH: 'amd64' },
  },
  Membership: 'APPROVED',
  ConnectionState: {
    Status: 'CONNECTED',
    LastHeartbeat: startNs,
    LastComputeSeqNum: 0,
    LastOrchestratorSeqNum: 0,
    ConnectedSince: startNs,
    DisconnectedSince: 0n,
    LastError: '',
  },
})

export const aToken = (change: Partial<IdempotencyToken> = {}): IdempotencyToken => ({
  namespace: 'default',
  token: 'key-1',
  bodyHash: 'abc',
  answer: '{"JobID":"j-1"}',
  createTime: startNs,
  ...change,
})
