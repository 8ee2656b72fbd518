import { hash } from 'node:crypto'
import { rename, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReadPart } from '#contracts/archive.ts'
import type { Disk } from '#contracts/disk.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import type { KeptUpload, UploadQuery, UploadStore } from '#contracts/upload-store.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, isDiskFull } from '#lib/fault.ts'
import { Turns } from '#lib/turns.ts'
import { type Chunk, type ChunkList, chunkListIdOf, chunkListText, isDigest, listedBytes } from '#models/chunk-list.ts'
import type { JobId } from '#models/ids.ts'
import { checkedChunk } from './checked-chunk.ts'
import { addPiece } from './chunk-piece.ts'
import { sizeOf } from './size-of.ts'
import { synced, writeSynced } from './synced.ts'

export type UploadFilesParts = { directory: string; disk: Disk; read: ReadPart; clock: Clock }

type Place = Pick<KeptUpload, 'scope' | 'id'>
type Sizes = ReadonlyMap<string, number>

/**
 * Uploads as files: in a folder for each namespace `lists/<id>`, `chunks/<digest>`, and `uses/<id>/` with a file for each
 * job. A chunk has its name when it is whole. Lists come before their chunks: one that none of them names is rubbish.
 */
export class UploadFiles implements UploadStore {
  readonly #directory: string
  readonly #disk: Disk
  readonly #read: ReadPart
  readonly #clock: Clock
  /** What a list names must not go while another is written that names it too. */
  readonly #turns = new Turns(1)
  /** The list that chunks last came or went by, where each would else read it anew: their sizes by their digests. */
  #last: { path: string; sizes: Sizes } | undefined
  #begun = 0

  constructor({ directory, disk, read, clock }: UploadFilesParts) {
    this.#directory = directory
    this.#disk = disk
    this.#read = read
    this.#clock = clock
  }

  begin(namespace: string, chunkList: ChunkList): Promise<{ id: string; missing: string[] }> {
    const place = { scope: scopeOf(namespace), id: chunkListIdOf(chunkList) }
    return this.#turns.take(async () => {
      for (const kind of ['lists', 'chunks']) await this.#disk.makeDirectory(this.#path(place.scope, kind))
      await this.#write(place, chunkList)
      return { id: place.id, missing: await this.#missing(place.scope, chunkList) }
    })
  }

  async put(
    namespace: string,
    id: string,
    digest: string,
    bytes: AsyncIterable<Uint8Array>,
    offset?: number,
  ): Promise<void> {
    const place = placeOf(namespace, id)
    const sizeBytes = (await this.#sizesOf(place)).get(digest)
    if (sizeBytes === undefined) throw notBegun(id, digest)
    const path = this.#path(place.scope, 'chunks', digest)
    const chunk = { SHA256: digest, SizeBytes: sizeBytes }
    try {
      const isPut = await (offset === undefined
        ? this.#putWhole(path, chunk, bytes)
        : this.#putPiece(path, chunk, offset, bytes))
      if (!isPut) throw notBegun(id, digest)
      await this.#renew(place)
    } catch (error) {
      // It went while this came, with what there was of this.
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? notBegun(id, digest) : error
    }
  }

  async #putWhole(path: string, chunk: Chunk, bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
    const draft = `${path}.${this.#begun++}`
    try {
      await full(() => writeSynced(draft, checkedChunk(chunk, bytes)))
      await rename(draft, path)
    } catch (error) {
      await this.#disk.remove(draft)
      throw error
    }
    await this.#disk.remove(path + part)
    return true
  }

  /** False when what comes before the piece is not there: all of the chunk has to come again, unless it has. */
  async #putPiece(path: string, chunk: Chunk, offset: number, bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
    if ((await sizeOf(path)) !== undefined) return true
    const isWhole = await full(() => addPiece(path + part, chunk, offset, bytes))
    if (isWhole) await rename(path + part, path)
    if (isWhole === undefined) await this.#disk.remove(path + part)
    return isWhole !== undefined
  }

  async sizeBytes(namespace: string, id: string): Promise<number | undefined> {
    const place = placeOf(namespace, id)
    const chunkList = await this.#chunkList(place)
    const isWhole = chunkList && (await this.#missing(place.scope, chunkList)).length === 0
    return isWhole ? listedBytes(chunkList) : undefined
  }

  use(namespace: string, id: string, jobId: JobId): Promise<boolean> {
    const place = placeOf(namespace, id)
    return this.#turns.take(async () => {
      const chunkList = await this.#chunkList(place)
      if (!chunkList || (await this.#missing(place.scope, chunkList)).length > 0) return false
      // Once for all of them: until a job names an upload, what is lost of it is sent again.
      await synced(this.#path(place.scope, 'chunks'))
      await this.#write(place, chunkList)
      const uses = this.#path(place.scope, 'uses', id)
      await this.#disk.makeDirectory(uses)
      await full(() => this.#disk.replaceFile(join(uses, hash('sha256', jobId)), jobId))
      await synced(this.#path(place.scope))
      await synced(this.#path(place.scope, 'uses'))
      return true
    })
  }

  async read(namespace: string, { uploadId, chunk, offset, limitBytes }: UploadQuery): Promise<ResultPart | undefined> {
    const place = placeOf(namespace, uploadId)
    if (chunk === undefined) return this.#read(this.#listPath(place), offset, limitBytes)
    // Who may read one upload of a namespace may not read by it what others there have sent.
    const isNamed = (await this.#sizesOf(place)).has(chunk)
    return isNamed ? this.#read(this.#path(place.scope, 'chunks', chunk), offset, limitBytes) : undefined
  }

  async list(): Promise<KeptUpload[]> {
    const found: KeptUpload[] = []
    for (const scope of await this.#disk.list(this.#directory)) {
      for (const id of await this.#ids(scope)) {
        const chunkList = await this.#chunkList({ scope, id })
        if (!chunkList) continue
        const { mtimeMs } = await stat(this.#listPath({ scope, id }))
        const jobIds = await this.#jobIds({ scope, id })
        found.push({ scope, id, sizeBytes: listedBytes(chunkList), usedMs: mtimeMs, jobIds })
      }
    }
    return found
  }

  usedBytes(): Promise<number> {
    return this.#disk.usedBytes(this.#directory)
  }

  unuse({ scope, id }: Place, jobId: JobId): Promise<void> {
    return this.#disk.remove(this.#path(scope, 'uses', id, hash('sha256', jobId)))
  }

  remove({ scope, id }: Place): Promise<number> {
    return this.#turns.take(async () => {
      let freedBytes = await this.#removeFile(this.#listPath({ scope, id }))
      this.#last = undefined
      await this.#disk.remove(this.#path(scope, 'uses', id))
      const named = new Set<string>()
      for (const other of await this.#ids(scope)) {
        for (const { SHA256 } of (await this.#chunkList({ scope, id: other }))?.Chunks ?? []) named.add(SHA256)
      }
      for (const name of await this.#disk.list(this.#path(scope, 'chunks'))) {
        // The name of one that is on its way begins with its digest.
        if (named.has(name.slice(0, digestLength))) continue
        freedBytes += await this.#removeFile(this.#path(scope, 'chunks', name))
      }
      return freedBytes
    })
  }

  /** Gives its size. */
  async #removeFile(path: string): Promise<number> {
    const sizeBytes = (await sizeOf(path)) ?? 0
    await this.#disk.remove(path)
    return sizeBytes
  }

  async #missing(scope: string, { Chunks }: ChunkList): Promise<string[]> {
    const there = new Set(await this.#disk.list(this.#path(scope, 'chunks')))
    return [...new Set(Chunks.map(({ SHA256 }) => SHA256))].filter((digest) => !there.has(digest))
  }

  async #ids(scope: string): Promise<string[]> {
    return (await this.#disk.list(this.#path(scope, 'lists'))).filter(isDigest)
  }

  async #jobIds({ scope, id }: Place): Promise<JobId[]> {
    const uses = this.#path(scope, 'uses', id)
    const texts = (await this.#disk.list(uses)).map((name) => this.#disk.readFile(join(uses, name)))
    return (await Promise.all(texts)).flatMap((text) => (text ? [Buffer.from(text).toString() as JobId] : []))
  }

  async #chunkList(place: Place): Promise<ChunkList | undefined> {
    const text = await this.#disk.readFile(this.#listPath(place))
    return text && (JSON.parse(Buffer.from(text).toString()) as ChunkList)
  }

  /** None for a list that is not there. */
  async #sizesOf(place: Place): Promise<Sizes> {
    const path = this.#listPath(place)
    if (this.#last?.path === path) return this.#last.sizes
    const { Chunks = [] } = (await this.#chunkList(place)) ?? {}
    const sizes = new Map(Chunks.map(({ SHA256, SizeBytes }) => [SHA256, SizeBytes]))
    if (sizes.size > 0) this.#last = { path, sizes }
    return sizes
  }

  /** When it was written is when it was last used. */
  #write(place: Place, chunkList: ChunkList): Promise<void> {
    return full(() => this.#disk.replaceFile(this.#listPath(place), chunkListText(chunkList)))
  }

  /** However long the rest takes to come, it is in use. */
  async #renew(place: Place): Promise<void> {
    const nowSeconds = this.#clock.nowMs() / 1000
    await utimes(this.#listPath(place), nowSeconds, nowSeconds)
  }

  #listPath({ scope, id }: Place): string {
    return this.#path(scope, 'lists', digestOf(id))
  }

  #path(...parts: string[]): string {
    return join(this.#directory, ...parts)
  }
}

const notBegun = (id: string, digest: string): Fault =>
  new Fault('NotFound', `no upload ${id} with a chunk ${digest} was begun, or it has gone`, {
    hint: 'One of which nothing comes for long may go when there is no room; begin it again.',
  })

/** Of a chunk that comes in pieces, what is there. */
const part = '.part'
const digestLength = 64
const scopeOf = (namespace: string): string => hash('sha256', namespace)
const placeOf = (namespace: string, id: string): Place => ({ scope: scopeOf(namespace), id: digestOf(id) })

function digestOf(text: string): string {
  if (isDigest(text)) return text
  throw new Fault('BadRequest', `${JSON.stringify(text.slice(0, 100))} is no digest of SHA-256`)
}

async function full<Value>(write: () => Promise<Value>): Promise<Value> {
  try {
    return await write()
  } catch (error) {
    if (!isDiskFull(error)) throw error
    throw new Fault('StorageFull', 'the orchestrator has no room for the upload', { cause: error })
  }
}
