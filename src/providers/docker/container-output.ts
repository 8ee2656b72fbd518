import type { Readable } from 'node:stream'
import type { LogSink, LogStream } from '#contracts/log-sink.ts'
import type { DockerApi } from './api.ts'
import { LogFrames } from './log-frames.ts'

/**
 * Brings a container's output to its sink, at the sink's pace: while the sink is full nothing is read, and the engine then makes
 * the program wait. Counts what was given, so that a broken connection, or a restart of ours, goes on where it stopped.
 */
export class ContainerOutput {
  readonly #api: DockerApi
  readonly #id: string
  readonly #sink: LogSink
  readonly #givenBytes: Record<LogStream, number>

  constructor(api: DockerApi, id: string, sink: LogSink) {
    this.#api = api
    this.#id = id
    this.#sink = sink
    this.#givenBytes = { 1: sink.keptBytes?.(1) ?? 0, 2: sink.keptBytes?.(2) ?? 0 }
  }

  /** Copies a live stream to its end. True when it came to a proper end. */
  async copyLive(stream: Readable): Promise<boolean> {
    return this.#copy(stream, { 1: 0, 2: 0 })
  }

  /**
   * Copies what the engine has kept, and what comes until the container ends, without what was given already.
   * The engine keeps text lines: a last line without its end gets one, and bytes that are no UTF-8 are replaced.
   */
  async copyKept(signal: AbortSignal): Promise<boolean> {
    const query = { stdout: 1, stderr: 1, follow: 1 }
    const stream = await this.#api.stream('GET', `/containers/${this.#id}/logs`, { query, signal })
    return this.#copy(stream, { ...this.#givenBytes })
  }

  async #copy(stream: Readable, skipBytes: Record<LogStream, number>): Promise<boolean> {
    const frames = new LogFrames()
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        for (const piece of frames.push(chunk)) {
          const skipped = Math.min(skipBytes[piece.stream], piece.bytes.length)
          skipBytes[piece.stream] -= skipped
          await this.#give(piece.stream, piece.bytes.subarray(skipped))
        }
      }
      return true
    } catch {
      return false
    } finally {
      stream.destroy()
    }
  }

  async #give(stream: LogStream, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    this.#givenBytes[stream] += bytes.length
    await this.#sink.write(stream, bytes)
  }
}
