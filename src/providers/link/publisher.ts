import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { ReadPart, WriteArchive } from '#contracts/archive.ts'
import type { ChunkQuery, ChunkSource } from '#contracts/chunks.ts'
import type {
  BringBackRequest,
  OfferedQuery,
  OfferResult,
  Publisher,
  PublishRequest,
  ResultPart,
} from '#contracts/publisher.ts'
import type { ReadUpload } from '#contracts/upload-store.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, faultOf, isDiskFull, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { decodeParams } from '#lib/params.ts'
import { mostListBytes } from '#models/chunk-list.ts'
import type { ExecutionId } from '#models/ids.ts'
import { resultName } from '#models/result-name.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { ComingFile } from './coming-file.ts'
import { ComingList } from './coming-list.ts'
import { OfferedArchive } from './offered-archive.ts'
import type { LinkSettings } from './settings.ts'
import { type Line, untilAnswered } from './until-answered.ts'

export type LinkPublisherDeps = Line & {
  write: WriteArchive
  read: ReadPart
  offer: OfferResult
  readUpload: ReadUpload
  unpackResult: (source: Readable, directory: string, signal: AbortSignal) => Promise<void>
}

/**
 * Gives results to the orchestrator over the connection that the node has anyway: no store, no open port. The orchestrator asks for
 * the chunks that it lacks, whatever breaks on either side; a result waits here until all of it is there.
 */
export class LinkPublisher implements Publisher, Startable {
  readonly type = 'link'
  readonly #settings: LinkSettings
  readonly #deps: LinkPublisherDeps
  readonly #offered = new Map<ExecutionId, OfferedArchive>()

  constructor(settings: LinkSettings, deps: LinkPublisherDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  async start(): Promise<void> {
    await mkdir(this.#settings.directory, { recursive: true, mode: 0o700 })
  }

  async stop(): Promise<void> {}

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async accepts(): Promise<Verdict> {
    return yes
  }

  async publish(request: PublishRequest, signal: AbortSignal): Promise<SpecConfig> {
    const { executionId, jobId, resultDirectory, onLeftOut, onWait = () => {} } = request
    const path = this.#pathOf(executionId)
    try {
      // What an earlier life has packed is the result: packed again it would be other bytes, and sent from its beginning.
      if (!(await this.isPacked(executionId))) await this.#deps.write(resultDirectory, path, signal, onLeftOut)
      const archive = await OfferedArchive.of(path, this.#deps.read, signal)
      this.#offered.set(executionId, archive)
      const { id: ChunkListID, sizeBytes: SizeBytes, digest: SHA256 } = archive
      const offer = { ExecutionID: executionId, SizeBytes, ChunkListID }
      // Until the orchestrator has it, or says that it does not want it.
      const told = new Set<string>()
      const ask = async () => {
        try {
          return (await this.#deps.offer(offer).catch(understood)).IsTaken || undefined
        } catch (error) {
          tellOfNoRoom(error, told, onWait)
          throw error
        }
      }
      await untilAnswered(ask, this.#deps, signal)
      return { Type: 'link', Params: { JobID: jobId, ExecutionID: executionId, SizeBytes, SHA256, ChunkListID } }
    } catch (error) {
      throw signal.aborted ? signal.reason : publishFault(error)
    } finally {
      this.#offered.delete(executionId)
      if (signal.reason !== 'leaving') await rm(path, { force: true })
    }
  }

  async bringBack({ jobId, published, directory }: BringBackRequest, signal: AbortSignal): Promise<void> {
    const { id, sizeBytes } = keptIn(published)
    const { readUpload, unpackResult } = this.#deps
    const read = (query: ChunkQuery) => readUpload({ jobId, uploadId: id, ...query })
    const source: ChunkSource = { id, what: 'the result of the earlier attempt', read }
    const path = `${directory}.tar.gz`
    try {
      const coming = new ComingList()
      const list = await untilAnswered(() => coming.bring(source, mostListBytes(sizeBytes), signal), this.#deps, signal)
      const file = await ComingFile.at(path, list)
      await untilAnswered(() => file.bring(source, signal).then(() => true), this.#deps, signal)
      await unpackResult(createReadStream(path), directory, signal)
    } finally {
      await rm(path, { force: true })
    }
  }

  async isPacked(executionId: ExecutionId): Promise<boolean> {
    return (await this.#deps.read(this.#pathOf(executionId), 0, 0)) !== undefined
  }

  async readOffered({ executionId, chunkListId, ...query }: OfferedQuery): Promise<ResultPart | undefined> {
    const archive = this.#offered.get(executionId)
    return archive?.id === chunkListId ? archive.piece(query) : undefined
  }

  #pathOf(executionId: ExecutionId): string {
    return join(this.#settings.directory, resultName(executionId))
  }
}

function keptIn({ Params }: SpecConfig): { id: string; sizeBytes: number } {
  const { ChunkListID = '', SizeBytes = 0n } = decodeParams(Params ?? {}, 'KeptResult', {
    ChunkListID: 'string',
    SizeBytes: 'int64',
  })
  return { id: ChunkListID, sizeBytes: Number(SizeBytes) }
}

/** Each reason once: it is asked again and again. */
function tellOfNoRoom(error: unknown, told: Set<string>, onWait: (why: string) => void): void {
  const { code, message, hint } = faultOf(error)
  if (code !== 'StorageFull' || told.has(message)) return
  told.add(message)
  onWait(hint ? `${message} (${hint})` : message)
}

/** An offer has no form but ours: who says that it is wrong knows another one. The result waits for his upgrade. */
function understood(error: unknown): never {
  if (!(error instanceof Fault) || error.code !== 'BadRequest') throw error
  const release = 'the orchestrator may be of an earlier release than its node'
  throw new Fault(
    'NotImplemented',
    `${release}: it does not take results as they are offered here (${error.message})`,
    {
      component: 'LinkPublisher',
      hint: 'Bring the orchestrator to the release of its nodes: orchestrators are upgraded first.',
      details: { FailureClass: 'transient' },
      cause: error,
    },
  )
}

function publishFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const isFull = isDiskFull(error)
  return new Fault(isFull ? 'StorageFull' : 'ServiceUnavailable', `link publisher failed: ${messageOf(error)}`, {
    component: 'LinkPublisher',
    details: { FailureClass: 'node' },
    isRetryable: !isFull,
    cause: error,
  })
}
