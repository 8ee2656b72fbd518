import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { ReadPart } from '#contracts/archive.ts'
import type { ChunkSource } from '#contracts/chunks.ts'
import type { OfferedQuery, ResultPart, ResultQuery } from '#contracts/publisher.ts'
import type { KeptResultFile, ResultStore } from '#contracts/result-store.ts'
import { Fault, isDiskFull } from '#lib/fault.ts'
import { type ChunkList, isDigest, listedBytes, mostListBytes } from '#models/chunk-list.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import { resultName } from '#models/result-name.ts'
import { ComingFile } from './coming-file.ts'
import { ComingList } from './coming-list.ts'
import { OfferedArchive } from './offered-archive.ts'
import { sizeOf } from './size-of.ts'
import { synced, writeSynced } from './synced.ts'

export type ResultFilesParts = { directory: string; read: ReadPart }

const whole = '.tar.gz'
/** Beside a whole one: the digest of its chunk list. */
const listId = '.chunks'
const part = /^([A-Za-z0-9_-]{1,128})\.([0-9a-f]{64})\.part$/
/** Of those that broke so many are known without a look at their files. */
const mostKnown = 64

type Coming = { list: ComingList; file?: ComingFile }

/** Results of other nodes as files of the orchestrator's: `<execution>.tar.gz`, and while they come `<execution>.<chunk list>.part`. */
export class ResultFiles implements ResultStore {
  readonly #directory: string
  readonly #read: ReadPart
  /** How far those have come that broke, by the paths of their files. */
  readonly #coming = new LRUCache<string, Coming>({ max: mostKnown })
  /** Those that nodes read in chunks, by their paths. */
  readonly #offered = new LRUCache<string, Promise<OfferedArchive>>({ max: mostKnown })
  /** Who reads one. */
  readonly #holders = new Map<symbol, ExecutionId>()

  constructor({ directory, read }: ResultFilesParts) {
    this.#directory = directory
    this.#read = read
  }

  async holds({ ExecutionID, ChunkListID, SizeBytes }: ResultOffer): Promise<boolean> {
    const path = this.#pathOf(ExecutionID)
    if ((await sizeOf(path)) !== SizeBytes) return false
    const known = await this.#read(path + listId, 0, 64)
    return known !== undefined && Buffer.from(known.bytes).toString('latin1') === ChunkListID
  }

  async receivedBytes(offer: ResultOffer): Promise<number> {
    return (await sizeOf(this.#partOf(offer))) ?? 0
  }

  async bring(offer: ResultOffer, source: ChunkSource, signal: AbortSignal): Promise<void> {
    const path = this.#partOf(offer)
    const coming = this.#coming.get(path) ?? { list: new ComingList() }
    this.#coming.delete(path)
    try {
      coming.file ??= await this.#begun(path, await listOf(offer, source, coming.list, signal))
      await coming.file.bring(source, signal)
      await this.#keep(path, offer)
    } catch (error) {
      // Otherwise its file may not be what is remembered of it.
      if (error instanceof Fault || isDiskFull(error)) this.#coming.set(path, coming)
      if (!isDiskFull(error)) throw error
      throw new Fault('StorageFull', 'the orchestrator has no room for the result', { isRetryable: true, cause: error })
    }
  }

  async #begun(path: string, list: ChunkList): Promise<ComingFile> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    return ComingFile.at(path, list)
  }

  async #keep(from: string, { ExecutionID, ChunkListID }: ResultOffer): Promise<void> {
    const to = this.#pathOf(ExecutionID)
    await writeSynced(to + listId, [Buffer.from(ChunkListID)])
    await rename(from, to)
    this.#offered.delete(to)
    await synced(this.#directory)
  }

  async read({ executionId, offset, limitBytes }: ResultQuery): Promise<ResultPart | undefined> {
    return this.#read(this.#pathOf(executionId), offset, limitBytes)
  }

  async readChunk({ executionId, chunkListId, ...query }: OfferedQuery): Promise<ResultPart | undefined> {
    const archive = await this.#chunked(this.#pathOf(executionId))
    return archive?.id === chunkListId ? archive.piece(query) : undefined
  }

  /** It is read once for all of its chunks. */
  async #chunked(path: string): Promise<OfferedArchive | undefined> {
    if ((await sizeOf(path)) === undefined) return undefined
    const known = this.#offered.get(path) ?? OfferedArchive.of(path, this.#read, new AbortController().signal)
    this.#offered.set(path, known)
    known.catch(() => this.#offered.delete(path))
    return known
  }

  async list(): Promise<KeptResultFile[]> {
    const names = await this.#names()
    const found = names.flatMap((name) => {
      const executionId = name.endsWith(whole) ? name.slice(0, -whole.length) : part.exec(name)?.[1]
      return executionId === undefined ? [] : [{ name, executionId: executionId as ExecutionId }]
    })
    const looked = found.map(async ({ name, executionId }) => {
      const info = await stat(join(this.#directory, name)).catch(() => undefined)
      return info ? [{ executionId, writtenMs: info.mtimeMs, sizeBytes: info.size }] : []
    })
    return (await Promise.all(looked)).flat()
  }

  hold(executionId: ExecutionId): () => void {
    const holder = Symbol(executionId)
    this.#holders.set(holder, executionId)
    return () => this.#holders.delete(holder)
  }

  async remove(executionId: ExecutionId): Promise<boolean> {
    if ([...this.#holders.values()].includes(executionId)) return false
    const name = nameOf(executionId)
    for (const each of (await this.#names()).filter((other) => other.startsWith(`${name}.`))) {
      this.#coming.delete(join(this.#directory, each))
      this.#offered.delete(join(this.#directory, each))
      await rm(join(this.#directory, each), { force: true })
    }
    return true
  }

  /** The folder is made with the first result. */
  #names(): Promise<string[]> {
    return readdir(this.#directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
  }

  #partOf({ ExecutionID, ChunkListID }: ResultOffer): string {
    if (!isDigest(ChunkListID)) throw new Fault('BadRequest', 'the digest is not one of SHA-256')
    return join(this.#directory, `${nameOf(ExecutionID)}.${ChunkListID}.part`)
  }

  #pathOf(executionId: ExecutionId): string {
    return join(this.#directory, resultName(executionId))
  }
}

async function listOf(
  { SizeBytes }: ResultOffer,
  source: ChunkSource,
  coming: ComingList,
  signal: AbortSignal,
): Promise<ChunkList> {
  const list = await coming.bring(source, mostListBytes(SizeBytes), signal)
  if (listedBytes(list) === SizeBytes) return list
  throw new Fault('BadRequest', `the chunks of ${source.what} have not the ${SizeBytes} bytes that were offered`)
}

const nameOf = (executionId: ExecutionId): string => resultName(executionId).slice(0, -whole.length)
