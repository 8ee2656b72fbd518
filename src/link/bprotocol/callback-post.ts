import type { Bus } from '#contracts/bus.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { messageOf } from '#lib/fault.ts'
import type { ComputeMessage, Frame, FramesAck } from '#models/messages/messages.ts'
import type { Callback } from './callback-text.ts'

const patienceMs = 60 * 60_000

export type CallbackPostParts = { bus: Bus; clock: Clock; log: EventLog }

/**
 * Brings what this node reports to the requesters whose work it was. One that nobody finds for an hour while another
 * answers this node has vanished: reports to it are given up, each after one more try, and told of in the log.
 */
export class CallbackPost {
  readonly #parts: CallbackPostParts
  /** Since when requesters are not found. */
  readonly #missingMs = new Map<string, number>()
  /** Numbers of reports that were brought, and not acknowledged because one before them was not. */
  readonly #brought = new Set<number>()

  constructor(parts: CallbackPostParts) {
    this.#parts = parts
  }

  /** A requester has let this node in, perhaps after all were out of reach: the others may be on their way back as well. */
  begin(): void {
    this.#missingMs.clear()
    this.#brought.clear()
  }

  /** In the order of each requester; one that is missing holds up no other. Rejects when the first report did not get through. */
  async bring(
    frames: readonly Frame<ComputeMessage>[],
    report: (message: ComputeMessage) => Promise<void>,
  ): Promise<FramesAck> {
    const groups = Map.groupBy(frames, ({ Message }) => Message.Body.Origin?.RequesterID)
    const failures = await Promise.all(groups.values().map((own) => this.#bringInTurn(own, report)))
    const first = failures.filter((failure) => failure !== undefined).sort((a, b) => a.seq - b.seq)[0]
    const last = frames.findLast(({ Seq }) => first === undefined || Seq < first.seq)?.Seq
    for (const seq of this.#brought) if (last !== undefined && seq <= last) this.#brought.delete(seq)
    if (first && last === undefined) throw first.error
    return { LastSeq: last ?? 0 }
  }

  /** Ends at the first that does not get through. */
  async #bringInTurn(
    frames: readonly Frame<ComputeMessage>[],
    report: (message: ComputeMessage) => Promise<void>,
  ): Promise<{ seq: number; error: unknown } | undefined> {
    for (const { Seq, Message } of frames) {
      try {
        if (!this.#brought.has(Seq)) await report(Message)
        this.#brought.add(Seq)
      } catch (error) {
        return { seq: Seq, error }
      }
    }
    return undefined
  }

  /** Resolves when the requester has it, or has vanished. */
  async send(requesterId: string, { method, text }: Callback): Promise<void> {
    const { bus, log } = this.#parts
    try {
      await bus.send(`node.orchestrator.${requesterId}.${method}/v1`, Buffer.from(text))
      this.#missingMs.delete(requesterId)
    } catch (error) {
      if (!this.#hasVanished(requesterId)) throw error
      log('report_given_up', { requesterId, method, reason: messageOf(error) })
    }
  }

  #hasVanished(requesterId: string): boolean {
    const now = this.#parts.clock.monotonicMs()
    const since = this.#missingMs.get(requesterId) ?? now
    this.#missingMs.set(requesterId, since)
    return now - since >= patienceMs
  }
}
