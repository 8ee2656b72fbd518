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
   * Copies what the engine keeps until the container ends, without what was given already. Docker may leave the last lines out, so
   * that what it has kept in the end is to be read too.
   */
  async followKept(signal: AbortSignal): Promise<void> {
    await this.#copyKept(true, signal)
  }

  /**
   * Copies what the engine has kept of a container that has ended, without what was given already. Docker keeps every byte as it was;
   * Podman gives a last line without its end one. True when it has kept less than was given: it had no room for more, and what came
   * while nobody read it may be among what it let go.
   */
  async copyKept(signal: AbortSignal): Promise<boolean> {
    return this.#copyKept(false, signal)
  }

  /** What the engine cannot give is not had: the program's end counts all the same. */
  async #copyKept(follow: boolean, signal: AbortSignal): Promise<boolean> {
    const query = { stdout: 1, stderr: 1, follow }
    const stream = await this.#api
      .stream('GET', `/containers/${this.#id}/logs`, { query, signal })
      .catch(() => undefined)
    const missing = { ...this.#givenBytes }
    return stream !== undefined && (await this.#copy(stream, missing)) && missing[1] + missing[2] > 0
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
