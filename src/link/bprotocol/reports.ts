import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { NodeId } from '#models/ids.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'

const againMs = 1_000
const waitingLimit = 10_000

/**
 * What one node called back, on its way into the orchestrator: in order, again and again until it is stored, because the
 * node says it only once. Numbers are given here, since such nodes have none.
 */
export class Reports {
  readonly #nodeId: NodeId
  readonly #end: OrchestratorEnd
  readonly #clock: Clock
  readonly #waiting: ComputeMessage[] = []
  #linkId: string | undefined
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
    this.#run()
  }

  add(message: ComputeMessage): void {
    if (this.#waiting.length === waitingLimit) this.#waiting.shift()
    this.#waiting.push(message)
    this.#run()
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
        if (this.#linkId !== undefined) this.#retry = this.#clock.after(againMs, () => this.#run())
      },
    )
  }

  async #storeAll(): Promise<void> {
    while (this.#linkId !== undefined) {
      const linkId = this.#linkId
      const Message = this.#waiting[0]
      if (!Message) return
      const { LastSeq } = await this.#end.deliver(this.#nodeId, linkId, [])
      const stored = await this.#end.deliver(this.#nodeId, linkId, [{ Seq: LastSeq + 1, Message }])
      if (stored.LastSeq > LastSeq) this.#waiting.shift()
    }
  }
}
