import type { LogChunk } from '#contracts/log-reader.ts'
import type { GoLogStreams } from '../go/log-streams.ts'

/**
 * The output of one node of version 1.4, which takes no request while it follows output. So whoever has a request ends the
 * streams first; they go on after it, where they were.
 */
export class LogTurns {
  readonly #streams: GoLogStreams
  readonly #subject: string
  #turn = new AbortController()
  #requests = 0
  #free: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(streams: GoLogStreams, subject: string) {
    this.#streams = streams
    this.#subject = subject
    this.#free.resolve()
  }

  async withoutStreams<Result>(request: () => Promise<Result>): Promise<Result> {
    if (this.#requests === 0) this.#free = Promise.withResolvers()
    this.#requests += 1
    this.#turn.abort()
    try {
      return await request()
    } finally {
      this.#requests -= 1
      if (this.#requests === 0) {
        this.#turn = new AbortController()
        this.#free.resolve()
      }
    }
  }

  async *read(body: string, signal: AbortSignal): AsyncGenerator<LogChunk, void> {
    const seen = { 1: 0, 2: 0 }
    for (;;) {
      await this.#free.promise
      const turn = this.#turn.signal
      const passed = { 1: 0, 2: 0 }
      for await (const { stream, bytes } of this.#streams.read(this.#subject, body, AbortSignal.any([signal, turn]))) {
        const known = Math.min(bytes.length, Math.max(0, seen[stream] - passed[stream]))
        passed[stream] += bytes.length
        if (known === bytes.length) continue
        seen[stream] = passed[stream]
        yield { stream, bytes: bytes.subarray(known) }
      }
      if (signal.aborted || !turn.aborted) return
    }
  }
}
