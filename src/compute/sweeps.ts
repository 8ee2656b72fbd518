import type { Engine } from '#contracts/engine.ts'
import type { Verdict } from '#contracts/verdict.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { orAborted } from '#lib/or-aborted.ts'
import type { Holdings } from './held.ts'
import type { Registries } from './registry.ts'

/** So long after it is found an engine may be busy with what was asked of it before. */
const lateMs = 30_000

export type SweepParts = { registries: Pick<Registries, 'engines'>; clock: Clock; log: EventLog }

/** Has engines remove what nobody holds any more. */
export class Sweeps {
  readonly #parts: SweepParts
  readonly #holdings: Pick<Holdings, 'has'>
  readonly #late = new Map<Engine, Timer>()
  #isStopped = false

  constructor(parts: SweepParts, holdings: Pick<Holdings, 'has'>) {
    this.#parts = parts
    this.#holdings = holdings
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#late.values()) timer.stop()
  }

  /** What an engine that works here still holds of earlier lives, or from before it was away, goes, except what is in hand (X21). */
  async found(engine: Engine, verdict: Verdict): Promise<void> {
    if (verdict.isYes && !this.#isStopped) this.#onceMore(engine)
    await this.#unheld(engine, verdict)
  }

  /** What engines that work here hold of this life too goes: there is no next one. One that hangs by now is asked meanwhile whether it does. */
  async removeAll(): Promise<void> {
    const { engines } = this.#parts.registries
    await Promise.all(
      engines.all.map(async (engine) => {
        const removed = this.#sweep(engine, await engines.verdict(engine), () =>
          engines.whileItWorks(engine, (limit) => orAborted(engine.sweep(new Set()), limit)),
        )
        await Promise.all([removed, engines.ask(engine)])
      }),
    )
  }

  /** It may do only then what a life of ours that was killed had asked of it, or what we had given up. */
  #onceMore(engine: Engine): void {
    const { clock, registries } = this.#parts
    this.#late.get(engine)?.stop()
    const sweep = async () => this.#unheld(engine, await registries.engines.verdict(engine))
    this.#late.set(
      engine,
      clock.after(lateMs, () => void sweep()),
    )
  }

  #unheld(engine: Engine, verdict: Verdict): Promise<void> {
    return this.#sweep(engine, verdict, () => engine.sweep(this.#holdings))
  }

  async #sweep(engine: Engine, verdict: Verdict, sweep: () => Promise<void>): Promise<void> {
    if (!verdict.isYes) return
    await sweep().catch((error: unknown) => this.#parts.log('sweep_failed', { engine: engine.type, error }))
  }
}
