import { createReadStream } from 'node:fs'
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { UnpackArchive } from '#contracts/archive.ts'
import type { ChunkQuery, ChunkSource } from '#contracts/chunks.ts'
import type { FileCache, FileOrigin } from '#contracts/file-cache.ts'
import type { PrepareContext, PreparedInput, Storage } from '#contracts/storage.ts'
import type { ReadUpload } from '#contracts/upload-store.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, isDiskFull, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { decodeParams } from '#lib/params.ts'
import { Rounds, restForAge } from '#lib/rounds.ts'
import { type ChunkList, isDigest, listedBytes } from '#models/chunk-list.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import { uploadType } from '#models/upload.ts'
import { ComingFile } from './coming-file.ts'
import { ComingList } from './coming-list.ts'
import type { LinkSettings } from './settings.ts'
import { type Line, untilAnswered } from './until-answered.ts'

export type UploadStorageDeps = Line & {
  read: ReadUpload
  unpack: UnpackArchive
  /** Absent = nothing is kept for later. */
  cache?: FileCache
}

const entryLimit = 1_000_000
/** What was begun to be fetched, and nobody has wanted since. */
const forgottenMs = 24 * 3600_000

/** Files and folders that users sent with their jobs, over the connection that the node has anyway [F4]. */
export class UploadStorage implements Storage, Startable {
  readonly types = [uploadType]
  readonly #settings: LinkSettings
  readonly #deps: UploadStorageDeps
  readonly #coming = new Map<string, Promise<unknown>>()
  readonly #rounds: Rounds

  constructor(settings: LinkSettings, deps: UploadStorageDeps) {
    this.#settings = settings
    this.#deps = deps
    // What cannot be removed now is looked at again.
    const again = () => restForAge(forgottenMs)
    this.#rounds = new Rounds(deps.clock, () => this.#sweep().then(again, again))
  }

  async start(): Promise<void> {
    await mkdir(this.#settings.comingDirectory, { recursive: true, mode: 0o700 })
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #sweep(): Promise<void> {
    const { comingDirectory } = this.#settings
    for (const name of await readdir(comingDirectory)) {
      const path = join(comingDirectory, name)
      const isOld = (await stat(path)).mtimeMs < this.#deps.clock.nowMs() - forgottenMs
      if (isOld && !this.#coming.has(name)) await rm(path, { force: true })
    }
  }

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async isLocal(): Promise<boolean> {
    return false
  }

  async sizeBytes(source: SpecConfig): Promise<number> {
    return decodeUpload(source).sizeBytes
  }

  /** Whether it is this job's to read the orchestrator says each time, also of what is here. */
  async prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput> {
    const { id: uploadId } = decodeUpload(input.Source)
    const { read } = this.#deps
    const { jobId } = context.share
    const source = {
      id: uploadId,
      what: 'the upload',
      read: (query: ChunkQuery) => read({ jobId, uploadId, ...query }),
    }
    try {
      const coming = new ComingList()
      const ask = () => coming.bring(source, Number.POSITIVE_INFINITY, signal)
      const list = await untilAnswered(ask, this.#deps, signal)
      if (listedBytes(list) > context.limitBytes) throw tooLarge(context.limitBytes)
      const isFolder = list.Form === 'folder'
      const path = join(context.directory, isFolder ? 'archive' : 'file')
      const bring = () => this.#alone(uploadId, () => this.#bring(source, list, path, signal), signal)
      const origin = await this.#deps.cache?.file(`upload ${uploadId}`, path, bring, signal)
      if (origin === undefined) await bring()
      const origins = new Set<FileOrigin>([origin ?? 'brought'])
      const hostPath = isFolder ? await this.#unpacked(path, context, signal) : path
      return {
        input,
        hostPath,
        kind: isFolder ? 'directory' : 'file',
        guestPath: input.Target,
        isReadOnly: true,
        origins,
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : asFault(error)
    }
  }

  async #bring(source: ChunkSource, list: ChunkList, path: string, signal: AbortSignal): Promise<void> {
    const part = join(this.#settings.comingDirectory, source.id)
    try {
      const coming = await ComingFile.at(part, list)
      const ask = async () => {
        await coming.bring(source, signal)
        return true
      }
      await untilAnswered(ask, this.#deps, signal)
    } catch (error) {
      // What has come would keep the disk full for all other jobs.
      if (isDiskFull(error)) await rm(part, { force: true })
      throw error
    }
    await chmod(part, list.IsExecutable ? 0o755 : 0o644)
    await rename(part, path)
  }

  /** Two executions without a cache must not write one file. */
  async #alone(id: string, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let other = this.#coming.get(id); other; other = this.#coming.get(id)) await orAborted(other, signal)
    const done = work()
    this.#coming.set(
      id,
      done.catch(() => {}).finally(() => this.#coming.delete(id)),
    )
    await done
  }

  async #unpacked(archive: string, { directory, limitBytes }: PrepareContext, signal: AbortSignal): Promise<string> {
    const path = join(directory, 'content')
    await mkdir(path)
    const limits = { totalBytes: limitBytes, fileBytes: limitBytes, entries: entryLimit }
    await this.#deps.unpack(createReadStream(archive), path, limits, signal)
    await rm(archive)
    return path
  }
}

function decodeUpload({ Params }: SpecConfig): { id: string; sizeBytes: number } {
  const { ID = '', SizeBytes = 0n } = decodeParams(Params ?? {}, 'UploadSource', { ID: 'string', SizeBytes: 'int64' })
  if (!isDigest(ID)) throw new Fault('ValidationError', 'invalid upload params: ID is not that of an upload')
  return { id: ID, sizeBytes: Number(SizeBytes) }
}

const tooLarge = (limitBytes: number): Fault =>
  new Fault('ResourceExhausted', `the upload takes more than ${limitBytes} bytes`, {
    hint: 'Ask for more disk in the Resources of the task',
  })

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const isFull = isDiskFull(error)
  return new Fault(isFull ? 'StorageFull' : 'ServiceUnavailable', `cannot fetch the upload: ${messageOf(error)}`, {
    component: 'UploadStorage',
    details: { FailureClass: 'node' },
    cause: error,
  })
}
