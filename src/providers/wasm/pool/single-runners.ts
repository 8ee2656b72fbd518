import { Fault } from '#lib/fault.ts'
import { Runner } from './runner.ts'
import { type RunnerNeeds, type RunnerSupply, type RunnerSupplyOptions, runnerWords } from './runner-supply.ts'
import { findSandbox, type Sandbox } from './sandbox.ts'

/** A child of its own for each run (isolation `process`), where bubblewrap is inside it, with nothing but what the run needs. */
export class SingleRunners implements RunnerSupply {
  readonly #options: RunnerSupplyOptions
  readonly #all = new Set<Runner>()
  readonly #waiting: (() => void)[] = []
  #sandbox: Sandbox | undefined
  #isOpen = false

  constructor(options: RunnerSupplyOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#sandbox = findSandbox()
    this.#isOpen = true
  }

  async stop(): Promise<void> {
    this.#isOpen = false
    for (const runner of this.#all) runner.kill()
    await Promise.all([...this.#all].map(({ closed }) => closed))
  }

  async take(needs: RunnerNeeds, signal: AbortSignal): Promise<Runner> {
    signal.throwIfAborted()
    while (this.#isOpen && this.#all.size >= this.#options.settings.childLimit) await this.#wait(signal)
    if (!this.#isOpen) throw new Fault('ServiceUnavailable', 'the node is stopping', { component: 'WASM' })
    const words = runnerWords(this.#options)
    const runner = new Runner(this.#sandbox?.(words, needs.places) ?? words, this.#options.clock)
    this.#all.add(runner)
    void runner.closed.then(() => this.#forget(runner))
    return runner
  }

  release(runner: Runner): void {
    runner.kill()
  }

  get working(): number {
    return this.#all.size
  }

  #forget(runner: Runner): void {
    this.#all.delete(runner)
    this.#waiting.shift()?.()
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(enter)
    })
  }
}
