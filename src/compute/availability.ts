import type { Verdict } from '#contracts/verdict.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { Installable, Registries, Registry } from './registry.ts'

const firstPauseMs = 1_000
const usualPauseMs = 5_000

/**
 * Asks every component again while the node lives (X15): what works every five seconds, what has just failed sooner and with
 * pauses that grow to that. `onChange` is called after an answer that differs from the one before.
 */
export class Availability implements Startable {
  readonly #clock: Clock
  readonly #registries: Registries
  readonly #onChange: (component: Installable, verdict: Verdict) => void
  readonly #timers = new Map<Installable, Timer>()
  #isStopped = false

  constructor(clock: Clock, registries: Registries, onChange: (component: Installable, verdict: Verdict) => void) {
    this.#clock = clock
    this.#registries = registries
    this.#onChange = onChange
  }

  async start(): Promise<void> {
    const { engines, storages, publishers } = this.#registries
    for (const engine of engines.all) this.#askLater(engines, engine, usualPauseMs)
    for (const storage of storages.all) this.#askLater(storages, storage, usualPauseMs)
    for (const publisher of publishers.all) this.#askLater(publishers, publisher, usualPauseMs)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers.values()) timer.stop()
  }

  #askLater<Component extends Installable>(registry: Registry<Component>, component: Component, pauseMs: number): void {
    if (this.#isStopped) return
    const again = () => void this.#ask(registry, component, pauseMs)
    this.#timers.set(component, this.#clock.after(pauseMs, again))
  }

  async #ask<Component extends Installable>(
    registry: Registry<Component>,
    component: Component,
    pauseMs: number,
  ): Promise<void> {
    const before = await registry.verdict(component)
    const now = await registry.ask(component)
    if (!this.#isStopped && reasonOf(now) !== reasonOf(before)) this.#onChange(component, now)
    this.#askLater(registry, component, nextPause(before, now, pauseMs))
  }
}

const reasonOf = (verdict: Verdict): string | undefined => (verdict.isYes ? undefined : verdict.reason)

function nextPause(before: Verdict, now: Verdict, pauseMs: number): number {
  if (now.isYes) return usualPauseMs
  return before.isYes ? firstPauseMs : Math.min(pauseMs * 2, usualPauseMs)
}
