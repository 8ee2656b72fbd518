import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'

const againMs = 1_000
const waitingLimit = 10_000
const batchLimit = 256

type Waiting = { message: ComputeMessage; stored: () => void }

/**
 * What one Go node reported, on its way into the orchestrator: in order, again and again until it is stored, because a
 * node of 1.4 says it only once. Numbers are given here: such nodes have none, or some with gaps and repeats. A report
 * that comes again finds the execution moved on and does nothing.
 */
export class ReportQueue {
  readonly #nodeId: NodeId
  readonly #end: OrchestratorEnd
  readonly #clock: Clock
  readonly #waiting: Waiting[] = []
  #linkId: string | undefined
  /** The number of the last one that is stored; asked for when it may be another. */
  #lastSeq: number | undefined
  #isRunning = false
  #retry: Timer | undefined

  constructor(nodeId: NodeId, end: OrchestratorEnd, clock: Clock) {
    this.#nodeId = nodeId
    this.#end = end
    this.#clock = clock
  }

  /** A handshake has agreed on this link. */
  goOn(linkId: string): void {
    this.#linkId = linkId
    this.#lastSeq = undefined
    this.#run()
  }

  /** Resolves when it is on disk. Throws a Fault ResourceExhausted when too many wait already. */
  add(message: ComputeMessage): Promise<void> {
    if (this.#waiting.length >= waitingLimit)
      throw new Fault('ResourceExhausted', `${waitingLimit} reports of node ${this.#nodeId} wait to be stored`)
    const added = Promise.withResolvers<void>()
    this.#waiting.push({ message, stored: added.resolve })
    this.#run()
    return added.promise
  }

  stop(): void {
    this.#linkId = undefined
    this.#retry?.stop()
  }

  #run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#retry?.stop()
    this.#storeAll().then(
      () => {
        this.#isRunning = false
        if (this.#waiting.length > 0 && this.#linkId !== undefined) this.#run()
      },
      () => {
        this.#isRunning = false
        this.#lastSeq = undefined
        if (this.#linkId !== undefined) this.#retry = this.#clock.after(againMs, () => this.#run())
      },
    )
  }

  async #storeAll(): Promise<void> {
    while (this.#linkId !== undefined && this.#waiting.length > 0) {
      const linkId = this.#linkId
      const lastSeq = this.#lastSeq ?? (await this.#end.deliver(this.#nodeId, linkId, [])).LastSeq
      const batch = this.#waiting
        .slice(0, batchLimit)
        .map(({ message }, i) => ({ Seq: lastSeq + 1 + i, Message: message }))
      const stored = await this.#end.deliver(this.#nodeId, linkId, batch)
      // A handshake in between has made other numbers.
      if (linkId !== this.#linkId) continue
      for (const each of this.#waiting.splice(0, stored.LastSeq - lastSeq)) each.stored()
      this.#lastSeq = stored.LastSeq
    }
  }
}
