import type { Exit, RunningProgram } from '#contracts/engine.ts'
import type { LogSink } from '#contracts/log-sink.ts'
import type { RunEnd, Runner } from './pool/runner.ts'
import type { RunOrder } from './protocol/run-order.ts'

/** Exit code of a program that was killed, as a shell counts it (128 + SIGKILL). */
const killedExitCode = 137

/** A program in a runner child. It knows no signals, so to stop it is to end its child; printed output is still kept. */
export class WasmProgram implements RunningProgram {
  readonly exit: Promise<Exit>
  readonly #runner: Runner
  #isEnded = false
  #isStopped = false
  #isLost = false

  /** `onEnd` gets the child back and hears whether it may be used again. */
  constructor(runner: Runner, order: RunOrder, sink: LogSink, onEnd: (isSpent: boolean) => void) {
    this.#runner = runner
    this.exit = runner.run(order, sink).then((end) => {
      this.#isEnded = true
      onEnd(end.kind === 'died' || end.report.isSpent || this.#isStopped)
      return this.#exitOf(end)
    })
  }

  async stop(): Promise<void> {
    // Its child may be running another program by now.
    if (this.#isEnded) return
    this.#isStopped = true
    void this.#runner.stop()
    await this.exit
  }

  /** The node goes away: the run is nobody's fault and is placed again. */
  async lose(): Promise<void> {
    this.#isLost = true
    await this.stop()
  }

  #exitOf(end: RunEnd): Exit {
    if (end.kind === 'reported') {
      const { exitCode, failure } = end.report
      return failure ? { exitCode, failure } : { exitCode }
    }
    if (this.#isLost) return broken('the node stopped while it ran', 'lost')
    if (this.#isStopped) return { exitCode: killedExitCode }
    return end.wasReady
      ? broken(`the WASM runner process ended unexpectedly: ${end.cause}`, 'transient')
      : broken(`the WASM runner process could not be started: ${end.cause}`, 'node')
  }
}

const broken = (message: string, failureClass: 'lost' | 'transient' | 'node'): Exit => ({
  exitCode: -1,
  failure: { message, class: failureClass },
})
