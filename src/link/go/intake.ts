import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { Frame, OrchestratorMessage } from '#models/messages/messages.ts'

const waitingLimit = 1_000
/** Orders come within a millisecond of the answer to a handshake, which is being written down then. */
const againMs = 100
const attemptLimit = 50

/** Orders of a Go orchestrator on their way into this node: one after the other, each applied once. */
export class Intake {
  readonly #clock: Clock
  #to: { back: ComputeEnd; linkId: string } | undefined
  #turn: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A handshake has agreed on this link. */
  goOn(back: ComputeEnd, linkId: string): void {
    this.#to = { back, linkId }
  }

  stop(): void {
    this.#to = undefined
  }

  /** Resolves when all that has been taken so far is answered. */
  get resting(): Promise<void> {
    return this.#turn
  }

  /**
   * Resolves when it is applied and on disk, also when it was before. `seq`: the orchestrator's own number; without one
   * it counts as new. Throws a Fault when it is not applied: it has to come again.
   */
  take(message: OrchestratorMessage, seq?: number): Promise<void> {
    if (this.#waiting >= waitingLimit)
      return Promise.reject(new Fault('ResourceExhausted', `${waitingLimit} orders wait to be stored`))
    this.#waiting += 1
    const taken = this.#turn.then(() => this.#apply(message, seq))
    this.#turn = taken
      .catch(() => {})
      .finally(() => {
        this.#waiting -= 1
      })
    return taken
  }

  async #apply(message: OrchestratorMessage, seq: number | undefined): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#deliver(message, seq)
      } catch (error) {
        if (attempt === attemptLimit) throw error
        await this.#clock.sleep(againMs)
      }
    }
  }

  async #deliver(message: OrchestratorMessage, seq: number | undefined): Promise<void> {
    if (!this.#to) throw new Fault('ServiceUnavailable', 'no handshake yet')
    const { back, linkId } = this.#to
    const frame: Frame<OrchestratorMessage> =
      seq === undefined
        ? { Seq: (await back.deliver(linkId, [])).LastSeq + 1, Message: message }
        : { Seq: seq, Message: message, HasGaps: true }
    const { LastSeq } = await back.deliver(linkId, [frame])
    if (LastSeq < frame.Seq) throw new Fault('ServiceUnavailable', 'the order was not applied')
  }
}
