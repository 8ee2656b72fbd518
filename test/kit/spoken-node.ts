import { buildInfo } from '#lib/build-info.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeInfo } from '#models/node.ts'
import type { ClientBus } from '#nats/client-bus.ts'
import { busClient } from './bus-client.ts'

type Answer = { ok: boolean; value: any }
const limitMs = 50_000

const room = { CPU: 2, Memory: 4_000_000_000, Disk: 4_000_000_000, GPU: 0 }

export const infoOf = (nodeId: string, change: Partial<NodeInfo> = {}): NodeInfo => ({
  NodeID: nodeId as NodeId,
  NodeType: 'Compute',
  Labels: { zone: 'a' },
  SupportedProtocols: ['bac/v1'],
  ComputeNodeInfo: {
    ExecutionEngines: ['noop'],
    Publishers: [],
    StorageSources: [],
    MaxCapacity: room,
    QueueCapacity: room,
    AvailableCapacity: room,
    MaxJobRequirements: room,
    RunningExecutions: 0,
    EnqueuedExecutions: 0,
  },
  BacalhauVersion: buildInfo,
  ...change,
})

/** A node of ours of which the test says every word: what an honest one would never say, too. */
export class SpokenNode {
  readonly bus: ClientBus
  readonly nodeId: string

  private constructor(bus: ClientBus, nodeId: string) {
    this.bus = bus
    this.nodeId = nodeId
  }

  static async connect(port: number, nodeId: string): Promise<SpokenNode> {
    return new SpokenNode(await busClient(port, { name: nodeId }), nodeId)
  }

  /** What it says of itself; in the name of another node when `as` is given. */
  control(message: unknown, as = this.nodeId): Promise<Answer> {
    return this.bytes(`bacalhau.global.compute.${as}.out.ctrl`, wholeMessage(message))
  }

  frames(body: unknown, as = this.nodeId): Promise<Answer> {
    return this.bytes(`bacalhau.global.compute.${as}.out.msgs`, wholeMessage(body))
  }

  async bytes(subject: string, payload: Uint8Array): Promise<Answer> {
    const answer = await this.bus.request(subject, payload, limitMs)
    const text = Buffer.from(answer.subarray(1)).toString('utf8')
    return { ok: answer[0] !== 1, value: answer[0] === 2 ? null : readable(text) }
  }

  /** The link it may send under from now on. */
  async join(change: { StoreID?: string; NodeInfo?: NodeInfo } = {}): Promise<string> {
    const { value } = await this.control(handshakeOf(this.nodeId, change))
    return value.LinkID
  }

  stop(): Promise<void> {
    return this.bus.close()
  }
}

/** Refusals of Go frames are of another protocol. */
const readable = (text: string): unknown => {
  try {
    return parseExact(text)
  } catch {
    return text
  }
}

export const handshakeOf = (nodeId: string, change: object = {}) => ({
  Kind: 'Handshake',
  Body: { NodeInfo: infoOf(nodeId), StoreID: `store of ${nodeId}`, LinkID: '', LiveExecutions: [], ...change },
})

export const wholeMessage = (body: unknown): Buffer => Buffer.concat([Buffer.of(0), Buffer.from(exactJson(body))])
