import { type FileHandle, open } from 'node:fs/promises'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { frameHeader } from './log-frames.ts'
import { StreamSummary } from './log-summary.ts'

/** Small output of a short run never touches the disk: the control plane keeps it whole. */
const memoryLimitBytes = 2048
const flushAfterMs = 200
/** Unwritten bytes above which the program has to wait. */
const backlogLimitBytes = 4 * 1024 * 1024
const fileLimitBytes = 1024 ** 3
const truncationNote = Buffer.from('\n[output above 1 GiB was not kept]\n')

/** What a file of an earlier life holds: its length in whole frames, and the bytes of each stream. */
export type EarlierOutput = { fileBytes: number; streamBytes: Record<LogStream, number>; heads: readonly LogChunk[] }
export const noEarlierOutput: EarlierOutput = { fileBytes: 0, streamBytes: { 1: 0, 2: 0 }, heads: [] }

export type KeeperParts = {
  path: string
  clock: Clock
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
  #pending: LogChunk[] = []
  #pendingBytes = 0
  #writtenBytes: number
  #file: FileHandle | undefined
  #isFileWanted: boolean
  #flushing: Promise<void> | undefined
  #timer: Timer | undefined
  #closing: Promise<void> | undefined
  #isClosed = false
  #isFull = false
  readonly #watchers = new Set<() => void>()

  constructor(parts: KeeperParts) {
    this.path = parts.path
    this.#parts = parts
    this.#writtenBytes = parts.earlier.fileBytes
    this.#isFileWanted = parts.earlier.fileBytes > 0
    for (const { stream, bytes } of parts.earlier.heads) this.#summaries[stream].add(bytes)
  }

  write(stream: LogStream, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#closing || bytes.length === 0 || this.#isFull) return undefined
    this.#summaries[stream].add(bytes)
    this.#pending.push({ stream, bytes: Buffer.from(bytes) })
    this.#pendingBytes += bytes.length
    if (this.#writtenBytes + this.#pendingBytes > fileLimitBytes) {
      this.#isFull = true
      this.#pending.push({ stream: 2, bytes: truncationNote })
    }
    if (this.#isFileWanted || this.#pendingBytes > memoryLimitBytes) return this.#flushSoon()
    this.#timer ??= this.#parts.clock.after(flushAfterMs, () => {
      this.wantFile()
    })
    return undefined
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

  /** What is only in memory: everything of a small closed output. */
  get unwritten(): readonly LogChunk[] {
    return this.#pending
  }

  /** A follower is here: from now on everything goes to the file at once. */
  wantFile(): void {
    if (this.#isClosed) return
    this.#isFileWanted = true
    if (this.#pending.length > 0) void this.#flushSoon()
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
    const parts = chunks.flatMap(({ stream, bytes }) => [frameHeader(stream, bytes.length), bytes])
    try {
      this.#file ??= await open(this.path, 'a', 0o600)
      const { bytesWritten } = await this.#file.writev(parts)
      this.#writtenBytes += bytesWritten
    } catch {
      this.#isFull = true
    }
    for (const onChange of [...this.#watchers]) onChange()
  }

  async #close(): Promise<void> {
    this.#timer?.stop()
    while (this.#flushing) await this.#flushing
    if (this.#isFileWanted && this.#pending.length > 0) await this.#flush()
    await this.#file?.close().catch(() => {})
    this.#isClosed = true
    for (const onChange of [...this.#watchers]) onChange()
  }
}
