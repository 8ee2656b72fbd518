import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { formatBinaryBytes } from '#lib/sizes.ts'
import { LastWords } from './last-words.ts'
import { frameHeader, timeFrame } from './log-frames.ts'
import { StreamSummary } from './log-summary.ts'

/** Small text of a short run never touches the disk: the control plane keeps it whole. */
const memoryLimitBytes = 2048
const flushAfterMs = 200
/** Unwritten bytes above which the program has to wait. */
const backlogLimitBytes = 4 * 1024 * 1024
/** How much of the newest output is kept beyond the limit: how a program ended is what is looked for. */
const lastWordsBytes = 64 * 1024
/** What readers find in the place of output that was left out. */
const noteOf = (why: string): Uint8Array => Buffer.from(`\n[${why}]\n`)
const lossNote = noteOf('what was printed after this is not kept: it could not be written')
const limitNote = (limitBytes: number): Uint8Array =>
  noteOf(
    `a node keeps ${formatBinaryBytes(limitBytes)} of an execution: of what was printed after this, the last ` +
      `${formatBinaryBytes(lastWordsBytes)} follow when it has ended`,
  )

/** What a file of an earlier life holds: its length in whole frames, and the bytes of each stream. */
export type EarlierOutput = { fileBytes: number; streamBytes: Record<LogStream, number>; heads: readonly LogChunk[] }
export const noEarlierOutput: EarlierOutput = { fileBytes: 0, streamBytes: { 1: 0, 2: 0 }, heads: [] }

type KeptChunk = Required<LogChunk>

export type KeeperParts = {
  path: string
  clock: Clock
  /** Most bytes; 0 = no limit. */
  limitBytes: number
  /** Output cannot be written; told once. */
  onLost: (error: unknown) => void
  /** Output kept by an earlier life, that is gone on with. */
  earlier: EarlierOutput
  writeFiles: (keeper: FileLogKeeper, directory: string) => Promise<void>
}

/** Keeps one execution's output: in memory while it is small and young, else in a file that followers read. */
export class FileLogKeeper implements LogKeeper {
  readonly path: string
  readonly #parts: KeeperParts
  readonly #summaries = { 1: new StreamSummary(), 2: new StreamSummary() }
  /** Not yet in the file. */
  #pending: KeptChunk[] = []
  #pendingBytes = 0
  #writtenBytes: number
  readonly #ends: Record<LogStream, number>
  readonly #writtenEnds: Record<LogStream, number>
  /** What the last frames of the file have as their time. */
  #writtenTimeMs = 0
  #file: FileHandle | undefined
  #isFileWanted: boolean
  #flushing: Promise<void> | undefined
  #timer: Timer | undefined
  #closing: Promise<void> | undefined
  #isClosed = false
  /** What is printed beyond the limit: there is one from then on. */
  #lastWords: LastWords | undefined
  /** What was to be kept could not be written. */
  #isLost = false
  readonly #watchers = new Set<() => void>()

  constructor(parts: KeeperParts) {
    this.path = parts.path
    this.#parts = parts
    this.#writtenBytes = parts.earlier.fileBytes
    this.#ends = { ...parts.earlier.streamBytes }
    this.#writtenEnds = { ...parts.earlier.streamBytes }
    this.#isFileWanted = parts.earlier.fileBytes > 0
    if (this.#isBeyondLimit) this.#lastWords = new LastWords(lastWordsBytes)
    for (const { stream, bytes } of parts.earlier.heads) this.#summaries[stream].add(bytes)
  }

  write(stream: LogStream, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#closing || bytes.length === 0 || this.#isLost) return undefined
    if (this.#lastWords) {
      this.#lastWords.add(stream, bytes)
      return undefined
    }
    this.#summaries[stream].add(bytes)
    this.#take(stream, Buffer.from(bytes))
    if (this.#isBeyondLimit) {
      this.#lastWords = new LastWords(lastWordsBytes)
      // In the stream itself: the other one would tell it at another place.
      this.#take(stream, limitNote(this.#parts.limitBytes))
    }
    if (this.#isFileWanted || this.#pendingBytes > memoryLimitBytes) return this.#flushSoon()
    this.#timer ??= this.#parts.clock.after(flushAfterMs, () => void this.wantFile())
    return undefined
  }

  get #isBeyondLimit(): boolean {
    const { limitBytes } = this.#parts
    return limitBytes > 0 && this.#writtenBytes + this.#pendingBytes > limitBytes
  }

  #take(stream: LogStream, bytes: Uint8Array): void {
    const end = (this.#ends[stream] += bytes.length)
    this.#pending.push({ stream, bytes, end, timeMs: this.#parts.clock.nowMs() })
    this.#pendingBytes += bytes.length
  }

  keptBytes(stream: LogStream): number {
    return this.#parts.earlier.streamBytes[stream]
  }

  summary() {
    return {
      Stdout: this.#summaries[1].text,
      StdoutTruncated: this.#summaries[1].isTruncated,
      stderr: this.#summaries[2].text,
      StderrTruncated: this.#summaries[2].isTruncated,
    }
  }

  writeFiles(directory: string): Promise<void> {
    return this.#parts.writeFiles(this, directory)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get hasFile(): boolean {
    return this.#isFileWanted
  }

  /** Bytes of the file that are whole frames. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  /** Bytes of each stream up to there. */
  get writtenEnds(): Readonly<Record<LogStream, number>> {
    return this.#writtenEnds
  }

  /** What is only in memory: everything of a small closed output. */
  get unwritten(): readonly LogChunk[] {
    return this.#pending
  }

  /** A reader is here: from now on everything goes to the file at once. Resolves when all that was written until now is in it. */
  async wantFile(): Promise<void> {
    if (this.#isClosed) return
    this.#isFileWanted = true
    await this.#flushing
    if (this.#pending.length > 0) void this.#flushSoon()
    await this.#flushing
  }

  /** Calls `onChange` when the file has grown or the output has ended. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  #flushSoon(): Promise<void> | undefined {
    this.#isFileWanted = true
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined
      if (this.#pending.length > 0) void this.#flushSoon()
    })
    return this.#pendingBytes > backlogLimitBytes ? this.#flushing : undefined
  }

  /** Output that cannot be written (a full disk) is given up, never the program. */
  async #flush(): Promise<void> {
    await Promise.resolve()
    const chunks = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    const parts = this.#framesOf(chunks)
    try {
      this.#file ??= await open(this.path, 'a', 0o600)
      this.#writtenBytes += await append(this.#file, parts)
      for (const { stream, end } of chunks) this.#writtenEnds[stream] = end
    } catch (error) {
      if (!this.#isLost) this.#parts.onLost(error)
      this.#isLost = true
    }
    for (const onChange of [...this.#watchers]) onChange()
  }

  /** There may be room again when the program has ended; what was written in part goes. */
  async #noteLoss(): Promise<void> {
    const parts = [frameHeader(2, lossNote.length), lossNote]
    await this.#file?.truncate(this.#writtenBytes)
    if (this.#file) this.#writtenBytes += await append(this.#file, parts)
  }

  #pendingOf(stream: LogStream): Buffer {
    return Buffer.concat(this.#pending.flatMap((chunk) => (chunk.stream === stream ? chunk.bytes : [])))
  }

  #framesOf(chunks: readonly KeptChunk[]): Uint8Array[] {
    const frames: Uint8Array[] = []
    for (const run of runsOf(chunks)) {
      const { stream, timeMs } = run[0] as KeptChunk
      if (timeMs !== this.#writtenTimeMs) frames.push(timeFrame(timeMs))
      this.#writtenTimeMs = timeMs
      frames.push(frameHeader(stream, lengthOf(run)), ...run.map(({ bytes }) => bytes))
    }
    return frames
  }

  async #close(): Promise<void> {
    this.#timer?.stop()
    for (const { stream, bytes } of this.#lastWords?.chunks ?? []) this.#take(stream, bytes)
    while (this.#flushing) await this.#flushing
    // What the control plane keeps is text.
    this.#isFileWanted ||= !([1, 2] as const).every((stream) => isUtf8(this.#pendingOf(stream)))
    if (this.#isFileWanted && this.#pending.length > 0) await this.#flush()
    if (this.#isLost) await this.#noteLoss().catch(() => {})
    await this.#file?.close().catch(() => {})
    this.#isClosed = true
    for (const onChange of [...this.#watchers]) onChange()
  }
}

/** Writes all of it, and returns how much that is; a disk that gets full takes a part, and says so at the next attempt. */
async function append(file: FileHandle, parts: readonly Uint8Array[]): Promise<number> {
  const size = parts.reduce((sum, { length }) => sum + length, 0)
  const { bytesWritten } = await file.writev(parts)
  if (bytesWritten < size) await file.appendFile(Buffer.concat(parts).subarray(bytesWritten))
  return size
}

/** Bytes that are put together at most. */
const runLimitBytes = 128 * 1024
const lengthOf = (run: readonly KeptChunk[]): number => run.reduce((sum, { bytes }) => sum + bytes.length, 0)

/** What was written to one stream at one time goes into one frame: a program that prints lines is read in larger pieces. */
function runsOf(chunks: readonly KeptChunk[]): KeptChunk[][] {
  const runs: KeptChunk[][] = []
  let roomBytes = 0
  for (const chunk of chunks) {
    const run = runs.at(-1)
    const isSame = run?.[0]?.stream === chunk.stream && run[0].timeMs === chunk.timeMs
    roomBytes -= chunk.bytes.length
    if (isSame && roomBytes >= 0) run.push(chunk)
    else {
      runs.push([chunk])
      roomBytes = runLimitBytes - chunk.bytes.length
    }
  }
  return runs
}
