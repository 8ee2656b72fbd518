import type { Wire } from '#api/decode/wire-json.ts'
import { goJson, goString } from '#api/encode/go-json.ts'
import { encodeNodeInfo, encodeResources } from '#api/encode/node.ts'
import type { Subscription } from '#contracts/bus.ts'
import type { ComputeEnd, OrchestratorEnd } from '#contracts/node-link.ts'
import type { NodeId } from '#models/ids.ts'
import type {
  ComputeMessage,
  Frame,
  FramesAck,
  Handshake,
  HandshakeReply,
  Heartbeat,
  HeartbeatReply,
} from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { noResources, type Resources } from '#models/resources.ts'
import { flagOf, recordOf, sentenceOf } from '../go/checked.ts'
import { Intake } from '../go/intake.ts'
import { keptLink } from '../go/kept-link.ts'
import { hasNoUploads, keepsNoStore, takesNoResults } from '../go/orchestrator-lacks.ts'
import { serveGoLogs } from '../go/serve-logs.ts'
import type { NodeSide } from '../node-side.ts'
import { CallbackPost } from './callback-post.ts'
import { callbackOf } from './callback-text.ts'
import { bodyOf } from './envelope.ts'
import { Requests } from './requests.ts'

/** What it answers to the registration of a node that it remembers. */
const alreadyKnown = 'node already registered'
const beatEveryMs = 15_000
/** Every so many heartbeats the requester hears all of this node again: it learns what runs and waits from nothing else. */
const beatsPerInfo = 4
const answerLimitMs = 5_000

/** A requester of version 1.4 as this node reaches it: reports become callbacks, and its requests become orders. */
export class BprotocolRequester implements OrchestratorEnd {
  readonly #parts: NodeSide
  readonly #intake: Intake
  readonly #requests: Requests
  readonly #post: CallbackPost
  #served: Subscription[] = []
  #info: NodeInfo | undefined
  #beats = 0

  constructor(parts: NodeSide) {
    this.#parts = parts
    this.#intake = new Intake(parts.clock)
    this.#post = new CallbackPost(parts)
    this.#requests = new Requests(parts, this.#intake, (requesterId, callback) =>
      this.#post.send(requesterId, callback),
    )
  }

  /**
   * A requester that knows the node already takes the registration and keeps what it was told before. So it is told anew,
   * capacity too: where it believes that more is free than there is, it gives the node nothing.
   */
  async handshake({ NodeInfo, LinkID }: Handshake, back: ComputeEnd): Promise<HandshakeReply> {
    const { bus, clock, nodeId, random } = this.#parts
    const { value, error } = await this.#manage('RegisterNode', `{"Info":${encodeNodeInfo(NodeInfo)}}`)
    const reply = recordOf(value, 'value')
    const IsAccepted = flagOf(reply.Accepted, 'Accepted')
    const Reason = sentenceOf(error ?? reply.Reason, 'Reason')
    // It has not met this node before: what it is remembered for was with another one, or is lost there.
    const linkId = keptLink('bprotocol/v2', Reason === alreadyKnown ? LinkID : '', random)
    if (IsAccepted) {
      this.#intake.goOn(back, linkId)
      this.#post.begin()
      if (this.#served.length === 0) this.#served = [...this.#requests.serve(), serveGoLogs(bus, clock, nodeId, back)]
      await this.updateInfo(NodeInfo)
      const { AvailableCapacity = noResources(), QueueCapacity = noResources() } = NodeInfo.ComputeNodeInfo ?? {}
      await this.#updateResources(AvailableCapacity, QueueCapacity)
      this.#beat()
    }
    return { IsAccepted, Reason, LinkID: linkId, HeartbeatIntervalMs: beatEveryMs }
  }

  async heartbeat(beat: Heartbeat): Promise<HeartbeatReply> {
    this.#beat()
    const { error } = await this.#updateResources(beat.AvailableCapacity, beat.QueueUsedCapacity)
    if (error !== undefined) return { IsKnown: false }
    const info = this.#beats % beatsPerInfo === 0 ? withLoad(this.#info, beat) : undefined
    return info ? this.updateInfo(info) : { IsKnown: true }
  }

  /** A rejected node stays connected, and goes on when it is approved again. */
  async updateInfo(info: NodeInfo): Promise<HeartbeatReply> {
    this.#info = info
    const { error, value } = await this.#manage('UpdateNodeInfo', `{"Info":${encodeNodeInfo(info)}}`)
    if (error !== undefined) return { IsKnown: false }
    const { Accepted, Reason } = recordOf(value, 'value')
    if (!flagOf(Accepted, 'Accepted')) this.#parts.log('node_refused', { reason: sentenceOf(Reason, 'Reason') })
    return { IsKnown: true }
  }

  /** In order. They are told after the requests they follow from are answered, or the requester is not ready for them. */
  async deliver(_nodeId: NodeId, _linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    await this.#intake.resting
    return this.#post.bring(frames, (message) => this.#report(message))
  }

  takeResult(): Promise<never> {
    return Promise.reject(takesNoResults())
  }

  uploadAddress(): Promise<never> {
    return Promise.reject(keepsNoStore())
  }

  readUpload(): Promise<never> {
    return Promise.reject(hasNoUploads())
  }

  async goodbye(): Promise<void> {
    this.leave()
  }

  /** Another orchestrator is spoken with now. */
  leave(): void {
    this.#intake.stop()
    for (const subscription of this.#served.splice(0)) subscription.stop()
  }

  #beat(): void {
    this.#beats += 1
    const beat = { NodeID: this.#parts.nodeId, Sequence: this.#beats }
    this.#parts.bus.publish('heartbeat', Buffer.from(goJson(beat)))
  }

  #updateResources(available: Resources, queued: Resources): Promise<Wire> {
    const text =
      `{"NodeID":${goString(this.#parts.nodeId)},"AvailableCapacity":${encodeResources(available)},` +
      `"QueueUsedCapacity":${encodeResources(queued)}}`
    return this.#manage('UpdateResources', text)
  }

  async #manage(method: string, text: string): Promise<Wire> {
    const subject = `node.management.${this.#parts.nodeId}.${method}/v1`
    return bodyOf(await this.#parts.bus.request(subject, Buffer.from(text), answerLimitMs))
  }

  async #report(message: ComputeMessage): Promise<void> {
    const { ExecutionID: executionId, Origin: origin } = message.Body
    // Work of an earlier orchestrator, which is not spoken with any more.
    if (!origin) return
    const callback = callbackOf(message, { nodeId: this.#parts.nodeId, executionId, origin })
    if (callback) await this.#post.send(origin.RequesterID, callback)
  }
}

const withLoad = (info: NodeInfo | undefined, beat: Heartbeat): NodeInfo | undefined =>
  info?.ComputeNodeInfo && {
    ...info,
    ComputeNodeInfo: {
      ...info.ComputeNodeInfo,
      AvailableCapacity: beat.AvailableCapacity,
      QueueCapacity: beat.QueueUsedCapacity,
      RunningExecutions: beat.RunningExecutions ?? 0,
      EnqueuedExecutions: beat.EnqueuedExecutions ?? 0,
    },
  }
