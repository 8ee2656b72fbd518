import type { Readable } from 'node:stream'
import type { LogSink, LogStream, LogTimes } from '#contracts/log-sink.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { LogFrames } from './log-frames.ts'

/** A line may get its time from the engine so much later than it is given. */
const slackMs = 10_000
/** An engine that says nothing for so long of a container that has ended has nothing more to say. */
const lastWordsMs = 10_000

export type OutputParts = {
  api: DockerApi
  clock: Clock
  /** The container. */
  id: string
  sink: LogSink
  /** Most that the engine keeps of the output. */
  engineKeepsBytes: number
  /** The engine has let go of what was given last: what came while nobody read it may be missing. Told once. */
  onGap: () => void
}

/**
 * Brings a container's output to its sink, at the sink's pace: while the sink is full nothing is read, and the engine then makes
 * the program wait. Counts what was given, so that a broken connection, or a restart of ours, goes on where it stopped; by the time
 * where the engine has not kept all that was counted.
 */
export class ContainerOutput {
  readonly #parts: OutputParts
  /** What was given of what the engine has, from `#since` on. */
  #givenBytes: Record<LogStream, number>
  #times: LogTimes | undefined
  /** Unix ms; 0 = from the beginning. */
  #sinceMs = 0
  #hasTold = false
  /** How to break off what the engine is waited for now; since when, by the clock's monotonic time. */
  #awaited: { breakOff: () => void; sinceMs: number } | undefined

  constructor(parts: OutputParts) {
    const { sink } = parts
    this.#parts = parts
    this.#givenBytes = { 1: sink.keptBytes?.(1) ?? 0, 2: sink.keptBytes?.(2) ?? 0 }
    this.#times = sink.keptTimes?.()
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
    await this.#findPlace(true)
    await this.#copyKept(true, signal)
  }

  /**
   * Copies what the engine has kept of a container that has ended, without what was given already. Docker keeps every byte as it was;
   * Podman gives a last line without its end one. `hasGap`: nobody may have read what came last.
   */
  async copyKept(signal: AbortSignal, hasGap: boolean): Promise<void> {
    await this.#findPlace(hasGap)
    await this.#copyKept(false, signal)
  }

  /**
   * Waits for what `copied` still copies of a container that has ended. An engine may forget to end its stream, as Podman does when
   * it begins it in that very moment: it is broken off then, and the copy that it has kept is to be read.
   */
  async lastOf<Result>(copied: Promise<Result>): Promise<Result> {
    const { clock } = this.#parts
    const endedMs = clock.monotonicMs()
    let timer: Timer | undefined
    const look = (): void => {
      const silentMs = clock.monotonicMs() - Math.max(endedMs, this.#awaited?.sinceMs ?? clock.monotonicMs())
      if (silentMs >= lastWordsMs) this.#awaited?.breakOff()
      timer = clock.after(Math.max(1, lastWordsMs - silentMs), look)
    }
    look()
    return copied.finally(() => timer?.stop())
  }

  /** Where the beginning of the engine's copy is gone, nothing can be counted from there. */
  async #findPlace(hasGap: boolean): Promise<void> {
    if (!this.#times || !(await this.#hasLostBeginning(this.#times))) return
    this.#sinceMs = this.#times.lastMs + 1
    this.#givenBytes = { 1: 0, 2: 0 }
    if (hasGap && !this.#hasTold) this.#parts.onGap()
    this.#hasTold ||= hasGap
  }

  async #hasLostBeginning({ firstMs }: LogTimes): Promise<boolean> {
    if (this.#givenBytes[1] + this.#givenBytes[2] > this.#parts.engineKeepsBytes) return true
    if (this.#sinceMs > 0) return false
    const oldestMs = await this.#oldestMs()
    return oldestMs !== undefined && oldestMs > firstMs + slackMs
  }

  /** When the first line was printed that the engine has still. */
  async #oldestMs(): Promise<number | undefined> {
    const stream = await this.#open({ timestamps: 1 })
    const frames = new LogFrames()
    this.#awaitEngine(() => void stream?.destroy())
    try {
      for await (const chunk of stream ?? []) {
        const [first] = frames.push(chunk as Buffer)
        if (!first) continue
        const ms = Date.parse(/^\S+/.exec(Buffer.from(first.bytes.subarray(0, 64)).toString('latin1'))?.[0] ?? '')
        return Number.isNaN(ms) ? undefined : ms
      }
    } catch {
      // What it says then is the reader's to see.
    } finally {
      this.#awaited = undefined
      stream?.destroy()
    }
    return undefined
  }

  /** What the engine cannot give is not had: the program's end counts all the same. */
  async #copyKept(follow: boolean, signal: AbortSignal): Promise<void> {
    const since = this.#sinceMs > 0 && { since: (this.#sinceMs / 1000).toFixed(3) }
    const stream = await this.#open({ follow, ...since }, signal)
    if (stream) await this.#copy(stream, { ...this.#givenBytes })
  }

  async #open(how: Record<string, string | number | boolean>, released?: AbortSignal): Promise<Readable | undefined> {
    const { api, id } = this.#parts
    const query = { stdout: 1, stderr: 1, ...how }
    const broken = new AbortController()
    const signal = released ? AbortSignal.any([released, broken.signal]) : broken.signal
    this.#awaitEngine(() => broken.abort())
    try {
      return await api.stream('GET', `/containers/${id}/logs`, { query, signal })
    } catch {
      return undefined
    } finally {
      this.#awaited = undefined
    }
  }

  #awaitEngine(breakOff: () => void): void {
    this.#awaited = { breakOff, sinceMs: this.#parts.clock.monotonicMs() }
  }

  async #copy(stream: Readable, skipBytes: Record<LogStream, number>): Promise<boolean> {
    const frames = new LogFrames()
    const breakOff = () => void stream.destroy()
    try {
      this.#awaitEngine(breakOff)
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        this.#awaited = undefined
        for (const piece of frames.push(chunk)) {
          const skipped = Math.min(skipBytes[piece.stream], piece.bytes.length)
          skipBytes[piece.stream] -= skipped
          await this.#give(piece.stream, piece.bytes.subarray(skipped))
        }
        this.#awaitEngine(breakOff)
      }
      return true
    } catch {
      return false
    } finally {
      this.#awaited = undefined
      stream.destroy()
    }
  }

  async #give(stream: LogStream, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    const { clock, sink } = this.#parts
    this.#givenBytes[stream] += bytes.length
    this.#times = { firstMs: this.#times?.firstMs ?? clock.nowMs(), lastMs: clock.nowMs() }
    await sink.write(stream, bytes)
  }
}
