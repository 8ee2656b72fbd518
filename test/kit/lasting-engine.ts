import type { Exit, RunningProgram, RunRequest } from '#contracts/engine.ts'
import { ScriptedEngine } from './scripted-engine.ts'

/** Its programs outlive the node, and end when the test says so. */
export class LastingEngine extends ScriptedEngine {
  stops = 0
  readonly attaches: RunRequest[] = []
  /** Attaching waits for it. */
  found: Promise<void> = Promise.resolve()
  readonly #exit = Promise.withResolvers<Exit>()

  end(): void {
    this.#exit.resolve({ exitCode: 0 })
  }

  override async start(request: RunRequest): Promise<RunningProgram> {
    this.starts.push(request)
    return this.#program()
  }

  override async attach(request: RunRequest, signal: AbortSignal): Promise<RunningProgram> {
    this.attaches.push(request)
    await this.found
    signal.throwIfAborted()
    return this.#program()
  }

  #program(): RunningProgram {
    const exit = this.#exit.promise
    const stop = async () => {
      this.stops++
      await exit
    }
    return { exit, stop }
  }
}
