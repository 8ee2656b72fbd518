import { randomUUID } from 'node:crypto'
import type { Bus } from '#contracts/bus.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { RemoteOrchestrator } from '#link/bus-ends.ts'
import { noEvent } from '#models/event.ts'
import type { NodeId } from '#models/ids.ts'
import { isCounted } from '#models/job.ts'
import type { ComputeMessage, Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { noResources, type Resources } from '#models/resources.ts'
import { noSpec } from '#models/spec-config.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'

export type Order = Extract<OrchestratorMessage, { Kind: 'AskForBid' }>['Body']

/**
 * The link of a compute node without the rest of it: it joins, tells that it is alive, takes every order, and reports
 * what it is told to. It stores nothing, so that ten thousand of them are little load on the load's own side.
 */
export class BareNode implements ComputeEnd {
  readonly id: NodeId
  onOrder: (order: Order) => void = () => {}
  readonly #info: NodeInfo
  readonly #orchestrator: RemoteOrchestrator
  readonly #storeId = randomUUID()
  #linkId = ''
  #taken = 0
  #owed: Frame<ComputeMessage>[] = []
  #numbered = 0
  #reporting: Promise<void> | undefined

  constructor(bus: Bus, id: string, capacity: Resources, labels: Record<string, string>) {
    this.id = id as NodeId
    this.#info = infoOf(this.id, capacity, labels)
    this.#orchestrator = new RemoteOrchestrator({
      bus,
      nodeId: this.id,
      random: systemRandom,
      clock: new SystemClock(),
      log: () => {},
    })
  }

  /** Returns how often it is to tell that it is alive, in ms. */
  async join(): Promise<number> {
    const reply = await this.#orchestrator.handshake(
      { NodeInfo: this.#info, StoreID: this.#storeId, LinkID: this.#linkId, LiveExecutions: [] },
      this,
    )
    if (!reply.IsAccepted) throw new Error(`${this.id}: ${reply.Reason}`)
    this.#linkId = reply.LinkID
    return reply.HeartbeatIntervalMs
  }

  leave(): Promise<void> {
    return this.#orchestrator.goodbye()
  }

  /** False = the orchestrator had given it up. */
  async beat(): Promise<boolean> {
    const { MaxCapacity } = this.#info.ComputeNodeInfo ?? { MaxCapacity: noResources() }
    const load = { AvailableCapacity: MaxCapacity, QueueUsedCapacity: noResources() }
    const beat = { NodeID: this.id, LinkID: this.#linkId, ...load, RunningExecutions: 0, EnqueuedExecutions: 0 }
    return (await this.#orchestrator.heartbeat(beat)).IsKnown
  }

  async deliver(_linkId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    for (const { Seq, Message } of frames) {
      if (Seq <= this.#taken) continue
      this.#taken = Seq
      if (Message.Kind === 'AskForBid') this.onOrder(Message.Body)
    }
    return { LastSeq: this.#taken }
  }

  /** It runs. */
  start({ Execution: { ID: ExecutionID, Epoch }, Job }: Order): void {
    if (isCounted(Job.Type))
      this.#report({ Kind: 'BidResult', Body: { ExecutionID, Epoch, IsAccepted: true, Event: noEvent() } })
    this.#report({ Kind: 'RunStarted', Body: { ExecutionID, Epoch, StartTime: BigInt(Date.now()) * 1_000_000n } })
  }

  /** It has ended well, without a word. */
  end({ Execution: { ID: ExecutionID, Epoch } }: Order): void {
    const streams = { Stdout: '', StdoutTruncated: false, stderr: '', StderrTruncated: false }
    const RunOutput = { ...streams, ExitCode: 0, ErrorMsg: '' }
    this.#report({ Kind: 'RunResult', Body: { ExecutionID, Epoch, PublishedResult: noSpec(), RunOutput } })
  }

  /** It runs, and ends at once. */
  run(order: Order): void {
    this.start(order)
    this.end(order)
  }

  readLogs(): never {
    throw new Error('a bare node has no output')
  }

  readResult(): never {
    throw new Error('a bare node has no results')
  }

  #report(Message: ComputeMessage): void {
    this.#owed.push({ Seq: ++this.#numbered, Message })
    this.#reporting ??= this.#send()
    this.#reporting.catch(() => {})
  }

  /** What is reported in one go is sent in one batch. */
  async #send(): Promise<void> {
    await Promise.resolve()
    while (this.#owed.length > 0) {
      const { LastSeq } = await this.#orchestrator.deliver(this.id, this.#linkId, this.#owed)
      this.#owed = this.#owed.filter(({ Seq }) => Seq > LastSeq)
    }
    this.#reporting = undefined
  }

  /** Resolves when all it reported has arrived. Rejects when that could not be sent. */
  async resting(): Promise<void> {
    await this.#reporting
  }
}

const infoOf = (NodeID: NodeId, MaxCapacity: Resources, Labels: Record<string, string>): NodeInfo => ({
  NodeID,
  NodeType: 'Compute',
  Labels,
  SupportedProtocols: ['bac/v1'],
  ComputeNodeInfo: {
    ExecutionEngines: ['docker', 'noop', 'wasm'],
    Publishers: ['local', 's3'],
    StorageSources: ['inline', 'localDirectory', 's3', 'urlDownload'],
    MaxCapacity,
    QueueCapacity: noResources(),
    AvailableCapacity: MaxCapacity,
    MaxJobRequirements: MaxCapacity,
    RunningExecutions: 0,
    EnqueuedExecutions: 0,
  },
  BacalhauVersion: { GitVersion: 'v0.0.0', GitCommit: '', BuildDate: '', GOOS: 'linux', GOARCH: 'amd64' },
})
