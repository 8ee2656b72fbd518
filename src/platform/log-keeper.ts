import { isUtf8 } from 'node:buffer'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream, LogTimes } from '#contracts/log-sink.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { LastWords } from './last-words.ts'
import type { LogFile } from './log-file.ts'
import { endsFrame, frameHeader, mostHeadBytes, timeFrame } from './log-frames.ts'
import { limitNote, lossNote } from './log-notes.ts'
import { StreamSummary } from './log-summary.ts'

/** Small text of a short run never touches the disk: the control plane keeps it whole. */
const memoryLimitBytes = 2048
const flushAfterMs = 200
/** Unwritten bytes above which the program has to wait. */
const backlogLimitBytes = 4 * 1024 * 1024
/** How much of the newest output is kept beyond the limit: how a program ended is what is looked for. */
const lastWordsBytes = 64 * 1024
/** What an earlier life has left, in whole frames: how many bytes of each stream were printed, when, and the first that are kept. */
export type EarlierOutput = {
  streamBytes: Record<LogStream, number>
  heads: readonly LogChunk[]
  times: LogTimes | undefined
}
export const noEarlierOutput: EarlierOutput = { streamBytes: { 1: 0, 2: 0 }, heads: [], times: undefined }

type KeptChunk = Required<LogChunk>

export type KeeperParts = {
  file: LogFile
  clock: Clock
  /** Most bytes; 0 = no limit. */
  limitBytes: number
  /** Beyond the limit the oldest goes, in halves of it; else the newest is not kept. */
  isNewestKept: boolean
  /** Output cannot be written; told once. */
  onLost: (error: unknown) => void
  /** Output kept by an earlier life, that is gone on with. */
  earlier: EarlierOutput
  writeFiles: (keeper: FileLogKeeper, directory: string) => Promise<void>
}

/** Keeps one execution's output: in memory while it is small and young, else in a file that followers read. */
export class FileLogKeeper implements LogKeeper {
  readonly file: LogFile
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
    this.file = parts.file
    this.#parts = parts
    this.#writtenBytes = parts.file.endBytes
    this.#ends = { ...parts.earlier.streamBytes }
    this.#writtenEnds = { ...parts.earlier.streamBytes }
    this.#isFileWanted = parts.file.endBytes > 0
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
      this.#take(stream, limitNote(this.#parts.limitBytes, lastWordsBytes))
    }
    if (this.#isFileWanted || this.#pendingBytes > memoryLimitBytes) return this.#flushSoon()
    this.#timer ??= this.#parts.clock.after(flushAfterMs, () => void this.keep())
    return undefined
  }

  get #isBeyondLimit(): boolean {
    const { limitBytes, isNewestKept } = this.#parts
    return limitBytes > 0 && !isNewestKept && this.#writtenBytes + this.#pendingBytes > limitBytes
  }

  #take(stream: LogStream, bytes: Uint8Array): void {
    const end = (this.#ends[stream] += bytes.length)
    this.#pending.push({ stream, bytes, end, timeMs: this.#parts.clock.nowMs() })
    this.#pendingBytes += bytes.length
  }

  keptBytes(stream: LogStream): number {
    return this.#parts.earlier.streamBytes[stream]
  }

  keptTimes(): LogTimes | undefined {
    return this.#parts.earlier.times
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

  /** From now on everything goes to the file at once, also for a reader who is here. */
  async keep(): Promise<void> {
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
    const isFull = this.file.newBytes >= this.#partBytes
    const chunks = this.#takePending(isFull ? this.#partBytes : this.#partBytes - this.file.newBytes)
    const frames = isFull ? this.#partHead(chunks) : []
    frames.push(...this.#framesOf(chunks))
    try {
      if (isFull) await this.file.beginPart()
      await this.file.append(frames)
      this.#writtenBytes = this.file.endBytes
      for (const { stream, end } of chunks) this.#writtenEnds[stream] = end
    } catch (error) {
      if (!this.#isLost) this.#parts.onLost(error)
      this.#isLost = true
    }
    for (const onChange of [...this.#watchers]) onChange()
  }

  /** There may be room again when the program has ended; what was written in part goes. */
  async #noteLoss(): Promise<void> {
    await this.file.cut(this.#writtenBytes)
    await this.file.append([frameHeader(2, lossNote.length), lossNote])
    this.#writtenBytes = this.file.endBytes
  }

  /** Bytes of half the limit, where the newest is kept. */
  get #partBytes(): number {
    const { limitBytes, isNewestKept } = this.#parts
    return limitBytes > 0 && isNewestKept ? limitBytes / 2 : Number.POSITIVE_INFINITY
  }

  /** About as much as there is room for, the oldest first. */
  #takePending(roomBytes: number): KeptChunk[] {
    let leftBytes = roomBytes
    const count = this.#pending.findIndex(({ bytes }) => (leftBytes -= mostHeadBytes + bytes.length) <= 0) + 1
    const taken = this.#pending.splice(0, count || this.#pending.length)
    this.#pendingBytes -= lengthOf(taken)
    return taken
  }

  /** What a part begins with: by it is known what was before. */
  #partHead([first]: readonly KeptChunk[]): Uint8Array[] {
    this.#writtenTimeMs = first?.timeMs ?? 0
    return [timeFrame(this.#writtenTimeMs), endsFrame(this.#writtenEnds)]
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
    while (this.#isFileWanted && this.#pending.length > 0) await this.#flush()
    if (this.#isLost) await this.#noteLoss().catch(() => {})
    // All of it was written before; what a disk tells only now is no reason to keep the run from ending.
    await this.file.close().catch(() => {})
    this.#isClosed = true
    for (const onChange of [...this.#watchers]) onChange()
  }
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
