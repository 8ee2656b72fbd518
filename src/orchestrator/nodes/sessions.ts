import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { orchestratorPeer, type Post } from '#link/post.ts'
import { Receiver } from '#link/receiver.ts'
import type { Deliver } from '#link/sender.ts'
import type { NodeId } from '#models/ids.ts'
import type { ComputeMessage, Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import type { Inbox } from '../inbox.ts'
import { Silence } from './silence.ts'

type Session = {
  readonly receiver: Receiver<ComputeMessage>
  readonly back: ComputeEnd
  readonly linkId: string
}

export type SessionParts = {
  clock: Clock
  post: Post
  inbox: Inbox
  log: EventLog
  silenceLimitMs: number
  onSilent: (nodeId: NodeId) => void
  /** Messages get to the node, or nobody is there to hear them. */
  onListening: (nodeId: NodeId, isListening: boolean) => void
}

/** Reports that one change stores. */
const together = 64

/** A node that has greeted begins to listen when it has its answer: the first refusals mean nothing. */
const refusalsOfDeaf = 3

/** The nodes we have shaken hands with: messages go both ways from then on, until the session ends. */
export class Sessions {
  readonly #parts: SessionParts
  readonly #open = new Map<NodeId, Session>()
  readonly #silence: Silence
  /** Nodes of this process share our store and cannot fall silent. */
  readonly localNodes = new Set<NodeId>()

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#silence = new Silence(parts.clock, parts.silenceLimitMs, parts.onSilent)
  }

  has(nodeId: NodeId): boolean {
    return this.#open.has(nodeId)
  }

  get isLocalMissing(): boolean {
    return [...this.localNodes].some((nodeId) => !this.#open.has(nodeId))
  }

  /** How to reach the node. */
  end(nodeId: NodeId): ComputeEnd | undefined {
    return this.#open.get(nodeId)?.back
  }

  /** In place of an earlier session of the node. */
  open(nodeId: NodeId, linkId: string, back: ComputeEnd): void {
    const { post, inbox, log } = this.#parts
    const isLocal = this.localNodes.has(nodeId)
    const receiver = new Receiver<ComputeMessage>(
      nodeId,
      post.store,
      (messages, receipt) => inbox.apply(nodeId, messages, receipt),
      {
        sharedOutbox: isLocal ? orchestratorPeer : undefined,
        together,
        onSkipped: (reason) => log('frames_skipped', { nodeId, reason }),
      },
    )
    this.#open.get(nodeId)?.back.breakOff?.()
    this.#open.set(nodeId, { receiver, back, linkId })
    if (!isLocal) this.#silence.hear(nodeId)
    const deliver = (frames: readonly Frame<unknown>[]) => back.deliver(linkId, frames as Frame<OrchestratorMessage>[])
    post.connect(nodeId, isLocal ? deliver : this.#watched(nodeId, back, deliver), { sharesStore: isLocal })
  }

  /** Tells of who cannot be reached: nobody listens, or the broker knows of nobody. Who is slow may have got it. */
  #watched(nodeId: NodeId, back: ComputeEnd, deliver: Deliver): Deliver {
    let refusals = 0
    const tell = (isListening: boolean): void => {
      if (this.#open.get(nodeId)?.back === back) this.#parts.onListening(nodeId, isListening)
    }
    return async (frames) => {
      try {
        const ack = await deliver(frames)
        refusals = 0
        tell(true)
        return ack
      } catch (error) {
        refusals = faultOf(error).code === 'ServiceUnavailable' ? refusals + 1 : 0
        if (refusals >= refusalsOfDeaf) tell(false)
        throw error
      }
    }
  }

  close(nodeId: NodeId): void {
    this.#open.get(nodeId)?.back.breakOff?.()
    this.#forget(nodeId)
  }

  #forget(nodeId: NodeId): void {
    this.#open.delete(nodeId)
    this.#silence.forget(nodeId)
    this.#parts.post.disconnect(nodeId)
  }

  closeAll(): void {
    this.#silence.stop()
    for (const nodeId of [...this.#open.keys()]) this.#forget(nodeId)
  }

  /** A sign of life; false when there is no session of that link. */
  hear(nodeId: NodeId, linkId: string): boolean {
    const session = this.#open.get(nodeId)
    if (session?.linkId !== linkId) return false
    if (!this.localNodes.has(nodeId)) this.#silence.hear(nodeId)
    return true
  }

  /** Whether a node of another process was heard of within this time. */
  isHeardWithin(nodeId: NodeId, ms: number): boolean {
    return this.#silence.isHeardWithin(nodeId, ms)
  }

  deliver(nodeId: NodeId, linkId: string, frames: readonly Frame<ComputeMessage>[]): Promise<FramesAck> {
    const session = this.#open.get(nodeId)
    if (session && session.linkId === linkId) return session.receiver.deliver(linkId, frames)
    return Promise.reject(new Fault('ServiceUnavailable', 'shake hands first', { isRetryable: true }))
  }
}
