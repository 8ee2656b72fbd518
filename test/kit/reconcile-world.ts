import { allocatedOf, type Execution } from '#models/execution.ts'
import { type ComputeStateName, isTerminalExecution } from '#models/execution-state.ts'
import { type ExecutionId, type JobId, type NodeId } from '#models/ids.ts'
import { type FailureClass, type Job } from '#models/job.ts'
import { type ComputeNodeInfo, type NodeState } from '#models/node.ts'
import { addResources, noResources, type Resources } from '#models/resources.ts'
import { type Task } from '#models/task.ts'
import { jobTypeRules } from '#orchestrator/job-types/index.ts'
import { NodeTable } from '#orchestrator/nodes/node-table.ts'
import { type Plan } from '#orchestrator/plan.ts'
import type { Snapshot, Strategy } from '#orchestrator/snapshot.ts'
import { jobSpec } from './job-spec.ts'

export const second = 1_000_000_000n
const unit: Resources = { CPU: 1, Memory: 1, Disk: 0, GPU: 0 }
export const amount = (units: number): Resources => ({ CPU: units, Memory: units, Disk: 0, GPU: 0 })

export const job = (change: Partial<Job> = {}): Job => ({
  ...jobSpec({ Name: 'j' }),
  ID: 'j-1' as JobId,
  State: { StateType: 'Pending' },
  Version: 1,
  Revision: 1,
  CreateTime: 0n,
  ModifyTime: 0n,
  VersionTime: 0n,
  ...change,
})
export const task = job().Tasks[0] as Task

export const nodeState = (name: string, capacity: Resources, labels: Record<string, string>): NodeState => ({
  Info: {
    NodeID: name as NodeId,
    NodeType: 'Compute',
    Labels: labels,
    SupportedProtocols: ['bac/v1'],
    ComputeNodeInfo: {
      ExecutionEngines: ['noop'],
      Publishers: ['local', 'link'],
      StorageSources: ['localdirectory'],
      MaxCapacity: capacity,
      QueueCapacity: noResources(),
      AvailableCapacity: capacity,
      MaxJobRequirements: capacity,
      RunningExecutions: 0,
      EnqueuedExecutions: 0,
    },
    BacalhauVersion: { GitVersion: '', GitCommit: '', BuildDate: '', GOOS: '', GOARCH: '' },
  },
  Membership: 'APPROVED',
  ConnectionState: {
    Status: 'CONNECTED',
    LastHeartbeat: 0n,
    LastComputeSeqNum: 0,
    LastOrchestratorSeqNum: 0,
    ConnectedSince: 0n,
    DisconnectedSince: 0n,
    LastError: '',
  },
})

const roomOf = (info: ComputeNodeInfo, capacity: Resources): ComputeNodeInfo => ({
  ...info,
  MaxCapacity: { ...info.MaxCapacity, ...capacity },
})

const stateNow = ({ state, capacity, isConnected }: WorldNode): NodeState => ({
  ...state,
  Info: { ...state.Info, ComputeNodeInfo: roomOf(state.Info.ComputeNodeInfo!, capacity) },
  ConnectionState: { ...state.ConnectionState, Status: isConnected ? 'CONNECTED' : 'DISCONNECTED' },
})

const noOutput = { Stdout: '', StdoutTruncated: false, stderr: '', StderrTruncated: false, ErrorMsg: '' }

type WorldNode = { state: NodeState; capacity: Resources; isConnected: boolean }

/** A tiny world: nodes with room, one job and its executions; plans are applied to it. */
export class World {
  job: Job
  executions: Execution[] = []
  /** Of other jobs. */
  others: Execution[] = []
  nowNs = 0n
  awakeSince = 0n
  strategy: Strategy = 'spread'
  #ids = 0
  readonly nodes: WorldNode[]

  constructor(theJob: Job, nodes: { units: number; labels?: Record<string, string> }[]) {
    this.job = theJob
    this.nodes = nodes.map(({ units, labels = {} }, i) => ({
      state: nodeState(`n-${i}`, amount(units), labels),
      capacity: amount(units),
      isConnected: true,
    }))
  }

  used(nodeId: NodeId): Resources {
    return this.executions
      .filter((e) => e.NodeID === nodeId && !isTerminalExecution(e.ComputeState.StateType))
      .reduce((sum, e) => addResources(sum, allocatedOf(e) ?? noResources()), noResources())
  }

  snapshot(): Snapshot {
    const nodes = new NodeTable()
    nodes.load(this.nodes.map(stateNow), [...this.executions, ...this.others])
    return {
      job: this.job,
      executions: this.executions,
      nodes,
      nowNs: this.nowNs,
      defaultResources: unit,
      strategy: this.strategy,
      answerLimitNs: 120n * second,
      awakeSince: this.awakeSince,
      isSettling: false,
      evaluationId: 'v',
      newExecutionId: () => `e-${String(++this.#ids).padStart(8, '0')}` as ExecutionId,
      chance: () => 0.5,
    }
  }

  plan(): Plan {
    return jobTypeRules[this.job.Type](this.snapshot())
  }

  apply(plan: Plan): void {
    this.executions.push(...plan.starts)
    for (const { before, after } of plan.changes) {
      const ModifyTime = isTerminalExecution(before.ComputeState.StateType) ? before.ModifyTime : this.nowNs
      this.executions = this.executions.map((e) => (e.ID === before.ID ? { ...after, ModifyTime } : e))
    }
    if (plan.jobState)
      this.job = { ...this.job, State: { StateType: plan.jobState.StateType, Message: plan.jobState.Message ?? '' } }
  }

  step(): Plan {
    const plan = this.plan()
    this.apply(plan)
    return plan
  }

  /** All that was started runs since then. */
  run(since: bigint): void {
    const running = { ComputeState: { StateType: 'Running' as const }, StartTime: since, ModifyTime: since }
    this.executions = this.executions.map((e) =>
      isTerminalExecution(e.ComputeState.StateType) ? e : { ...e, ...running },
    )
  }

  /** Of all that runs, now. */
  tellOfProgress(): void {
    this.executions = this.executions.map((e) =>
      isTerminalExecution(e.ComputeState.StateType) ? e : { ...e, ModifyTime: this.nowNs },
    )
  }

  end(index: number, state: ComputeStateName, failure: FailureClass | '' = '', exitCode = 0): void {
    const live = this.executions.filter((e) => !isTerminalExecution(e.ComputeState.StateType))
    const chosen = live[index % Math.max(1, live.length)]
    if (!chosen) return
    this.executions = this.executions.map((e) =>
      e === chosen
        ? {
            ...e,
            ComputeState: { StateType: state, Message: `it ${state}` },
            FailureClass: failure,
            RunOutput: { ...noOutput, ExitCode: exitCode },
            ModifyTime: this.nowNs,
            StartTime: state === 'AskForBidRejected' ? 0n : e.StartTime || this.nowNs || 1n,
          }
        : e,
    )
  }
}
