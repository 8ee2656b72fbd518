import type { Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { Runner } from './runner.ts'
import {
  type RunnerNeeds,
  type RunnerSupply,
  type RunnerSupplyOptions,
  runnerWords,
  takesLongToLoad,
} from './runner-supply.ts'

type Idle = { runner: Runner; sinceMs: number }
type Waiting = { needs: RunnerNeeds; give: (runner: Runner) => void }

const isLoad = ({ needs }: Waiting): boolean => needs.large.length > 0

/** While children come free this often, whoever waits is served sooner by one of them than by a new one. */
const patienceMs = 20

/**
 * Runner children that many runs share (isolation `pooled`), ready before they are needed. A program goes to a child that has its modules compiled; without an idle
 * one it waits for the first that comes free or comes up. A child that dies or is stopped is replaced in the background.
 *
 * Large modules are compiled by as many children at a time as there are cores: more would come to their programs no sooner, and each
 * takes its memory. Whoever waits for that may get a child that has compiled its module meanwhile.
 */
export class RunnerPool implements RunnerSupply {
  readonly #options: RunnerSupplyOptions
  readonly #all = new Set<Runner>()
  readonly #starting = new Set<Runner>()
  /** Those that compile large modules. */
  readonly #loading = new Set<Runner>()
  /** The longest idle first. */
  readonly #idle: Idle[] = []
  readonly #waiting: Waiting[] = []
  /** How many of those have a large module. */
  #waitingLoads = 0
  #isOpen = false
  #idleTimer: Timer | undefined
  #patience: Timer | undefined
  #hasComeFree = false

  constructor(options: RunnerSupplyOptions) {
    this.#options = options
  }

  /** Children start in the background. */
  async start(): Promise<void> {
    this.#isOpen = true
    this.#refill()
  }

  async stop(): Promise<void> {
    this.#isOpen = false
    this.#idleTimer?.stop()
    this.#patience?.stop()
    for (const runner of this.#all) runner.kill()
    await Promise.all([...this.#all].map(({ closed }) => closed))
  }

  take(needs: RunnerNeeds, signal: AbortSignal): Promise<Runner> | Runner {
    signal.throwIfAborted()
    if (!this.#isOpen) throw new Fault('ServiceUnavailable', 'the node is stopping', { component: 'WASM' })
    const runner = this.#pick(needs)
    if (!runner) return this.#wait(needs, signal)
    this.#refill()
    return runner
  }

  release(runner: Runner, isSpent: boolean): void {
    const { runLimit } = this.#options.settings
    this.#loading.delete(runner)
    if (isSpent || runner.runs >= runLimit || !this.#isOpen) runner.kill()
    else if (runner.isAlive) this.#offer(runner)
  }

  get working(): number {
    return this.#all.size - this.#idle.length - this.#starting.size
  }

  /** Undefined when none is idle, or enough others compile. */
  #pick(needs: RunnerNeeds): Runner | undefined {
    const best = this.#bestFor(needs.digests)
    if (!best) return undefined
    const { runner } = best
    if (takesLongToLoad(runner, needs)) {
      if (this.#freeLoads === 0) return undefined
      this.#loading.add(runner)
      runner.onceLoaded(() => this.#hasLoaded(runner))
    }
    this.#idle.splice(this.#idle.indexOf(best), 1)
    return runner
  }

  get #freeLoads(): number {
    return Math.max(0, this.#options.settings.eagerChildren - this.#loading.size)
  }

  #hasLoaded(runner: Runner): void {
    this.#loading.delete(runner)
    this.#serve()
    this.#refill()
  }

  /** The child that has most of the modules, then the one that keeps the least; among equals the one used last. */
  #bestFor(digests: readonly string[]): Idle | undefined {
    const known = ({ runner }: Idle): number => digests.filter((digest) => runner.modules.has(digest)).length
    const isBetter = (one: Idle, other: Idle): boolean =>
      known(one) > known(other) || (known(one) === known(other) && one.runner.modules.size < other.runner.modules.size)
    return this.#idle
      .filter(({ runner }) => runner.isAlive)
      .reduceRight<Idle | undefined>((best, each) => (!best || isBetter(each, best) ? each : best), undefined)
  }

  /** Also one that has not come up goes to who waits, to be told of. */
  #offer(runner: Runner): void {
    this.#hasComeFree = true
    if (!runner.isAlive) return this.#leaveQueue(0)?.give(runner)
    this.#idle.push({ runner, sinceMs: this.#options.clock.monotonicMs() })
    this.#serve()
    this.#endIdleLater()
  }

  /** Gives what is idle to those who wait, the longest first. */
  #serve(): void {
    for (let at = 0; at < this.#waiting.length && this.#idle.length > 0; ) {
      const waiting = this.#waiting[at] as Waiting
      const runner = this.#pick(waiting.needs)
      if (!runner) at++
      else {
        this.#leaveQueue(at)
        waiting.give(runner)
      }
    }
  }

  #spawn(): void {
    const runner = new Runner(runnerWords(this.#options), this.#options.clock)
    this.#all.add(runner)
    this.#starting.add(runner)
    void runner.ready.then(() => {
      this.#starting.delete(runner)
      this.#offer(runner)
    })
    void runner.closed.then(() => this.#forget(runner))
  }

  #forget(runner: Runner): void {
    this.#all.delete(runner)
    this.#loading.delete(runner)
    const at = this.#idle.findIndex((each) => each.runner === runner)
    if (at >= 0) this.#idle.splice(at, 1)
    // A child that cannot even start is not tried again until it is needed.
    if (runner.wasReady || this.#waiting.length > 0) this.#refill()
    this.#serve()
  }

  /**
   * Starts the children that are missing. More than there are cores help only programs that wait for something, so these
   * are started one by one, and only when none has come free for a while: many short programs share few children.
   */
  #refill(): void {
    while (this.#missing > 0 && this.#all.size < this.#options.settings.eagerChildren) this.#spawn()
    if (this.#missing > 0 && !this.#patience) this.#refillLater()
  }

  #refillLater(): void {
    this.#hasComeFree = false
    this.#patience = this.#options.clock.after(patienceMs, () => {
      this.#patience = undefined
      if (this.#missing > 0 && !this.#hasComeFree) this.#spawn()
      this.#refill()
    })
  }

  /** At least one child is kept ready beside those that work; as many as set while none works. */
  get #missing(): number {
    if (!this.#isOpen) return 0
    const { warmChildren, childLimit } = this.#options.settings
    const spare = this.working > 0 ? Math.max(Math.min(1, warmChildren), warmChildren - this.working) : warmChildren
    const wanted = this.#served + spare - this.#idle.length - this.#starting.size
    return Math.min(wanted, childLimit - this.#all.size)
  }

  /** How many of those who wait a new child would help. */
  get #served(): number {
    const loads = this.#waitingLoads
    return this.#waiting.length - loads + Math.min(loads, this.#freeLoads)
  }

  #wait(needs: RunnerNeeds, signal: AbortSignal): Promise<Runner> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        needs,
        give: (runner) => {
          signal.removeEventListener('abort', leave)
          resolve(runner)
        },
      }
      const leave = (): void => {
        this.#leaveQueue(this.#waiting.indexOf(waiting))
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(waiting)
      if (isLoad(waiting)) this.#waitingLoads += 1
      this.#refill()
    })
  }

  #leaveQueue(at: number): Waiting | undefined {
    const [waiting] = this.#waiting.splice(at, 1)
    if (waiting && isLoad(waiting)) this.#waitingLoads -= 1
    return waiting
  }

  /** Children beyond the warm ones end when they have not been used for a while. */
  #endIdleLater(): void {
    const { clock, settings } = this.#options
    if (this.#idleTimer || this.#idle.length <= settings.warmChildren) return
    this.#idleTimer = clock.after(settings.idleKeepMs, () => {
      this.#idleTimer = undefined
      const extra = this.#idle.slice(0, Math.max(0, this.#idle.length - settings.warmChildren))
      for (const { runner, sinceMs } of extra) {
        if (clock.monotonicMs() - sinceMs >= settings.idleKeepMs) runner.kill()
      }
      if (this.#isOpen) this.#endIdleLater()
    })
  }
}
