import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, opendir, stat } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogTimes } from '#contracts/log-sink.ts'
import type { LogKeeper, LogOpening, LogStore } from '#contracts/log-store.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { runOutputLimitBytes } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import { LogFile } from './log-file.ts'
import { LogFileReader } from './log-file-reader.ts'
import { FrameReader } from './log-frames.ts'
import { type EarlierOutput, FileLogKeeper, noEarlierOutput } from './log-keeper.ts'
import type { KeptFile } from './log-policy.ts'

const fileName = /^(.+)\.log(\.old)?$/
/** Closed outputs that are small enough to have no file, kept for a while for late followers. */
const rememberedLimit = 256

export type LogFilesParts = {
  directory: string
  clock: Clock
  /** Most bytes kept of one execution; 0 = no limit. */
  limitBytes: number
  /** Told once of an execution whose output cannot be written any more: the disk is full, or broken. */
  onLost: (executionId: ExecutionId, error: unknown) => void
}

/** Logs of executions as files in one folder, one per execution that printed more than a little. */
export class LogFiles implements LogStore {
  readonly #parts: LogFilesParts
  readonly #keepers = new Map<ExecutionId, FileLogKeeper>()
  #isMade: Promise<unknown> | undefined

  constructor(parts: LogFilesParts) {
    this.#parts = parts
  }

  async open(executionId: ExecutionId, { isResumed, isNewestKept }: LogOpening): Promise<LogKeeper> {
    this.#isMade ??= mkdir(this.#parts.directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      this.#isMade = undefined
      throw error
    })
    await this.#isMade
    const path = this.#pathOf(executionId)
    const file = isResumed ? await LogFile.found(path) : LogFile.empty(path)
    const earlier = isResumed ? await earlierOutput(file) : noEarlierOutput
    const { clock, limitBytes, onLost } = this.#parts
    const parts = { file, clock, limitBytes, isNewestKept, earlier, writeFiles: writeStreams }
    const keeper = new FileLogKeeper({ ...parts, onLost: (error) => onLost(executionId, error) })
    this.#keepers.set(executionId, keeper)
    this.#forgetOldest()
    return keeper
  }

  async *read(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const keeper = this.#keepers.get(query.executionId)
    if (!keeper) return yield* this.#readFinished(query, signal)
    if (keeper.isClosed && !keeper.hasFile) {
      if (!query.isTail) yield* keeper.unwritten
      return
    }
    await keeper.keep()
    yield* followFile(keeper, query, signal)
  }

  async remove(executionId: ExecutionId): Promise<void> {
    this.#keepers.delete(executionId)
    await LogFile.remove(this.#pathOf(executionId))
  }

  /** What lies on the disk, what was written longest ago first. */
  async files(): Promise<KeptFile[]> {
    const files = new Map<ExecutionId, KeptFile>()
    const folder = await opendir(this.#parts.directory).catch(() => [])
    for await (const { name } of folder) {
      const executionId = fileName.exec(name)?.[1] as ExecutionId | undefined
      const info = executionId && (await stat(`${this.#parts.directory}/${name}`).catch(() => undefined))
      if (!info) continue
      const { sizeBytes = 0, writtenMs = 0 } = files.get(executionId) ?? {}
      files.set(executionId, {
        executionId,
        sizeBytes: sizeBytes + info.size,
        writtenMs: Math.max(writtenMs, info.mtimeMs),
      })
    }
    return [...files.values()].sort((one, other) => one.writtenMs - other.writtenMs)
  }

  /** Whether more of it may come. */
  isOpen(executionId: ExecutionId): boolean {
    return this.#keepers.get(executionId)?.isClosed === false
  }

  #pathOf(executionId: ExecutionId): string {
    if (!/^[\w.-]+$/.test(executionId)) throw new Fault('BadRequest', `not an execution id: ${executionId}`)
    return `${this.#parts.directory}/${executionId}.log`
  }

  async *#readFinished(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const file = await LogFile.found(this.#pathOf(query.executionId))
    if (file.endBytes === 0) throw new Fault('NotFound', `no output of execution ${query.executionId} is kept here`)
    if (query.isTail) return
    const frames = new FrameReader()
    for await (const piece of piecesOf(file, signal)) yield* frames.push(piece)
  }

  #forgetOldest(): void {
    if (this.#keepers.size <= rememberedLimit) return
    for (const [id, keeper] of this.#keepers) {
      if (keeper.isClosed) this.#keepers.delete(id)
      if (this.#keepers.size <= rememberedLimit) return
    }
  }
}

/** Reads what an earlier life left, and cuts off a frame that it did not finish. */
const earlierOutput = async (file: LogFile): Promise<EarlierOutput> => {
  const streamBytes = { 1: 0, 2: 0 }
  const wanted = { 1: runOutputLimitBytes + 1, 2: runOutputLimitBytes + 1 }
  const heads: LogChunk[] = []
  let times: LogTimes | undefined
  const frames = new FrameReader()
  for await (const piece of piecesOf(file, new AbortController().signal)) {
    for (const { stream, bytes, end = 0, timeMs } of frames.push(piece)) {
      if (timeMs !== undefined) times = { firstMs: times?.firstMs ?? timeMs, lastMs: timeMs }
      if (wanted[stream] > 0) heads.push({ stream, bytes: Buffer.from(bytes.subarray(0, wanted[stream])) })
      wanted[stream] -= bytes.length
      streamBytes[stream] = end
    }
  }
  if (frames.restBytes > 0) await file.cut(file.endBytes - frames.restBytes)
  return { streamBytes, heads, times }
}

/** What is in the file, then what comes, until the output ends. */
async function* followFile(keeper: FileLogKeeper, query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
  let changed = Promise.withResolvers<void>()
  const wake = (): void => changed.resolve()
  const unwatch = keeper.watch(wake)
  signal.addEventListener('abort', wake)
  const from = query.isTail
    ? { position: keeper.writtenBytes, ends: { ...keeper.writtenEnds } }
    : { position: 0, ends: undefined }
  const file = new LogFileReader(keeper.file)
  try {
    if (from.ends)
      for (const stream of [1, 2] as const) yield { stream, bytes: new Uint8Array(), end: from.ends[stream] }
    const frames = new FrameReader(from.ends)
    for (let position = from.position; ; ) {
      const isLast = keeper.isClosed
      const end = keeper.writtenBytes
      for await (const piece of file.pieces(position, end, signal)) yield* frames.push(piece)
      position = end
      if (isLast || signal.aborted || !query.isFollowing) return
      if (keeper.writtenBytes === end && !keeper.isClosed) await changed.promise
      changed = Promise.withResolvers()
    }
  } finally {
    unwatch()
    signal.removeEventListener('abort', wake)
    await file.close()
  }
}

async function* piecesOf(file: LogFile, signal: AbortSignal): AsyncIterable<Buffer> {
  const reader = new LogFileReader(file)
  try {
    yield* reader.pieces(0, file.endBytes, signal)
  } finally {
    await reader.close()
  }
}

/** Splits an output into the files `stdout` and `stderr` of a result folder. */
const writeStreams = async (keeper: FileLogKeeper, directory: string): Promise<void> => {
  const files = { 1: createWriteStream(`${directory}/stdout`), 2: createWriteStream(`${directory}/stderr`) }
  const ended = [finished(files[1]), finished(files[2])]
  const never = new AbortController().signal
  const chunks = keeper.hasFile
    ? followFile(keeper, { executionId: '' as ExecutionId, isFollowing: true, isTail: false }, never)
    : keeper.unwritten
  for await (const { stream, bytes } of chunks) {
    if (!files[stream].write(bytes)) await Promise.race([once(files[stream], 'drain'), ended[stream - 1]])
  }
  files[1].end()
  files[2].end()
  await Promise.all(ended)
}
