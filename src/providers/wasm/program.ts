import type { Exit, RunningProgram } from '#contracts/engine.ts'
import type { HttpGate } from '#contracts/http-gate.ts'
import type { LogSink } from '#contracts/log-sink.ts'
import { messageOf } from '#lib/fault.ts'
import type { RunEnd, Runner } from './pool/runner.ts'
import { programWeb } from './program-web.ts'
import type { RunOrder } from './protocol/run-order.ts'

/** Where children come from and go to. */
export type RunnerSource = {
  take(): Promise<Runner> | Runner
  /** Hears whether the child may be used again. */
  release(runner: Runner, isSpent: boolean): void
  /** Holds it to the job's share of the processor, until the function that is returned is called. */
  hold(runner: Runner): () => void
}

/** Exit code of a program that was killed, as a shell counts it (128 + SIGKILL). */
const killedExitCode = 137
/** Children that may be found dead before one takes the order. */
const attemptLimit = 3

/** A program in a runner child. It knows no signals, so to stop it is to end its child; printed output is still kept. */
export class WasmProgram implements RunningProgram {
  readonly exit: Promise<Exit>
  readonly #source: RunnerSource
  readonly #order: (runner: Runner) => RunOrder
  readonly #sink: LogSink
  readonly #gate: HttpGate | undefined
  #runner: Runner | undefined
  #letGo: () => void = () => {}
  #isStopped = false
  #isLost = false

  constructor(
    first: Runner,
    source: RunnerSource,
    order: (runner: Runner) => RunOrder,
    sink: LogSink,
    gate?: HttpGate,
  ) {
    this.#source = source
    this.#order = order
    this.#sink = sink
    this.#gate = gate
    this.exit = this.#run(first)
      .catch((error: unknown) => broken(messageOf(error), 'node'))
      .then((exit) => this.#counted(exit))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#letGo()
    // Once it has ended its child may be running another program.
    void this.#runner?.stop()
    await this.exit
  }

  /** The node goes away: the run is nobody's fault and is placed again. */
  async lose(): Promise<void> {
    this.#isLost = true
    await this.stop()
  }

  /** A child that died while it was idle has begun nothing, so the next one may do it. */
  async #run(first: Runner): Promise<Exit> {
    let runner = first
    for (let attempt = 1; ; attempt += 1) {
      const end = await this.#runOn(runner)
      if (end.kind === 'reported' || end.wasTaken || this.#isStopped || attempt === attemptLimit)
        return this.#exitOf(end)
      runner = await this.#source.take()
    }
  }

  async #runOn(runner: Runner): Promise<RunEnd> {
    this.#runner = runner
    if (this.#isStopped) void runner.stop()
    const isUp = runner.ready.then(() => {
      if (this.#runner === runner && !this.#isStopped) this.#letGo = this.#source.hold(runner)
    })
    const end = await runner.run(this.#order(runner), this.#sink, programWeb(this.#gate))
    await isUp
    this.#letGo()
    this.#runner = undefined
    this.#source.release(runner, end.kind === 'died' || end.report.isSpent || this.#isStopped)
    return end
  }

  #counted(exit: Exit): Exit {
    if (!this.#gate) return exit
    const { traffic } = this.#gate
    this.#gate.close()
    return { ...exit, traffic }
  }

  #exitOf(end: RunEnd): Exit {
    if (end.kind === 'reported') {
      const { exitCode, failure } = end.report
      return failure ? { exitCode, failure } : { exitCode }
    }
    if (this.#isLost) return broken('the node stopped while it ran', 'lost')
    if (this.#isStopped) return { exitCode: killedExitCode }
    return end.wasTaken
      ? broken(`the WASM runner process ended unexpectedly: ${end.cause}`, 'transient')
      : broken(`the WASM runner process could not be started: ${end.cause}`, 'node')
  }
}

const broken = (message: string, failureClass: 'lost' | 'transient' | 'node'): Exit => ({
  exitCode: -1,
  failure: { message, class: failureClass },
})
