import type { Verdict } from '#contracts/verdict.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { Installable, Registries, Registry } from './registry.ts'

const firstPauseMs = 1_000
const usualPauseMs = 5_000

/**
 * Asks every component again while the node lives (X15): what works every five seconds, what has just failed sooner and with
 * pauses that grow to that. `onChange` is called after an answer that differs from the one before, also when a bid has asked.
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
    this.#watch(engines)
    this.#watch(storages)
    this.#watch(publishers)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers.values()) timer.stop()
  }

  #watch<Component extends Installable>(registry: Registry<Component>): void {
    registry.onChange = (component, verdict) => {
      if (this.#isStopped) return
      if (!verdict.isYes) this.#askLater(registry, component, firstPauseMs)
      this.#onChange(component, verdict)
    }
    for (const component of registry.all) this.#askLater(registry, component, usualPauseMs)
  }

  #askLater<Component extends Installable>(registry: Registry<Component>, component: Component, pauseMs: number): void {
    if (this.#isStopped) return
    this.#timers.get(component)?.stop()
    const again = () => void this.#ask(registry, component, pauseMs)
    this.#timers.set(component, this.#clock.after(pauseMs, again))
  }

  async #ask<Component extends Installable>(
    registry: Registry<Component>,
    component: Component,
    pauseMs: number,
  ): Promise<void> {
    const timer = this.#timers.get(component)
    const { isYes } = await registry.ask(component)
    // What has just failed is asked sooner, as is seen to above.
    if (this.#timers.get(component) !== timer) return
    this.#askLater(registry, component, isYes ? usualPauseMs : Math.min(pauseMs * 2, usualPauseMs))
  }
}
