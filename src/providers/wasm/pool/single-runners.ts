import type { Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { Runner } from './runner.ts'
import {
  type Place,
  type RunnerNeeds,
  type RunnerSupply,
  type RunnerSupplyOptions,
  runnerWords,
} from './runner-supply.ts'
import { findSandbox, type Sandbox } from './sandbox.ts'

/** A new child is started this long after one was taken, not to stand in the way of the run. */
const refillMs = 20

const withoutSandbox = {
  reason:
    'Engines.Types.Wasm.Isolation is process and bubblewrap is not installed: programs get a process each, and no sandbox around it',
  hint: 'Install bubblewrap and start the node again',
}

/**
 * A child of its own for each run (isolation `process`), where bubblewrap is inside it, with nothing but what the run needs. Some are started
 * before: they serve once too, and behind bubblewrap only runs that need no place of this machine, since it opens none later.
 */
export class SingleRunners implements RunnerSupply {
  readonly #options: RunnerSupplyOptions
  readonly #all = new Set<Runner>()
  readonly #spare: Runner[] = []
  readonly #waiting: (() => void)[] = []
  readonly #findSandbox: typeof findSandbox
  #sandbox: Sandbox | undefined
  #refill: Timer | undefined
  #isOpen = false

  constructor(options: RunnerSupplyOptions, findWalls = findSandbox) {
    this.#options = options
    this.#findSandbox = findWalls
  }

  async start(): Promise<void> {
    this.#sandbox = this.#findSandbox()
    if (!this.#sandbox) this.#options.log('wasm_without_sandbox', withoutSandbox)
    this.#isOpen = true
    this.#startMissing()
  }

  async stop(): Promise<void> {
    this.#isOpen = false
    this.#refill?.stop()
    for (const runner of this.#all) runner.kill()
    await Promise.all([...this.#all].map(({ closed }) => closed))
  }

  async take({ places }: RunnerNeeds, signal: AbortSignal): Promise<Runner> {
    for (;;) {
      if (signal.aborted) {
        // The room that was given to this one goes to the next.
        this.#waiting.shift()?.()
        throw signal.reason
      }
      if (!this.#isOpen) throw new Fault('ServiceUnavailable', 'the node is stopping', { component: 'WASM' })
      const runner = this.#spareFor(places) ?? this.#startWithin(places)
      if (runner) {
        this.#refillLater()
        return runner
      }
      // Those that do not fit make room.
      this.#spare.pop()?.kill()
      await this.#wait(signal)
    }
  }

  release(runner: Runner): void {
    runner.kill()
  }

  get working(): number {
    return [...this.#all].filter((runner) => runner.wasReady && !this.#spare.includes(runner)).length
  }

  #spareFor(places: readonly Place[]): Runner | undefined {
    return this.#sandbox && places.length > 0 ? undefined : this.#spare.shift()
  }

  /** Undefined when there are as many as may be. */
  #startWithin(places: readonly Place[]): Runner | undefined {
    return this.#all.size < this.#options.settings.childLimit ? this.#start(places) : undefined
  }

  #start(places: readonly Place[]): Runner {
    const words = runnerWords(this.#options)
    const runner = new Runner(this.#sandbox?.(words, places) ?? words, this.#options.clock)
    this.#all.add(runner)
    void runner.closed.then(() => this.#forget(runner))
    return runner
  }

  #startMissing(): void {
    const { warmChildren, childLimit } = this.#options.settings
    const isMissing = () => this.#spare.length < warmChildren && this.#all.size < childLimit
    while (this.#isOpen && this.#waiting.length === 0 && isMissing()) this.#spare.push(this.#start([]))
  }

  #refillLater(): void {
    this.#refill ??= this.#options.clock.after(refillMs, () => {
      this.#refill = undefined
      this.#startMissing()
    })
  }

  #forget(runner: Runner): void {
    this.#all.delete(runner)
    const at = this.#spare.indexOf(runner)
    if (at >= 0) this.#spare.splice(at, 1)
    this.#waiting.shift()?.()
    // A child that cannot even start is not tried again until it is needed.
    if (this.#isOpen && runner.wasReady) this.#refillLater()
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(enter)
    })
  }
}
