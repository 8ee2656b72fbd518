import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ReadPart } from '#contracts/archive.ts'
import type { ChunkQuery } from '#contracts/chunks.ts'
import type { ResultPart } from '#contracts/publisher.ts'
import { cutChunks } from '#lib/cut-chunks.ts'
import { type ChunkList, chunkListIdOf, chunkListText, listedBytes, namedChunks } from '#models/chunk-list.ts'

const readBytes = 1024 * 1024

/** A file that does not change, as chunks for whoever asks for them. */
export class OfferedArchive {
  readonly id: string
  readonly sizeBytes: number
  /** Of all of it, in hex. */
  readonly digest: string
  readonly #path: string
  readonly #read: ReadPart
  readonly #listText: Buffer
  readonly #places = new Map<string, { start: number; sizeBytes: number }>()

  private constructor(path: string, read: ReadPart, list: ChunkList, digest: string) {
    this.id = chunkListIdOf(list)
    this.sizeBytes = listedBytes(list)
    this.digest = digest
    this.#path = path
    this.#read = read
    this.#listText = Buffer.from(chunkListText(list))
    let start = 0
    for (const { SHA256, SizeBytes } of list.Chunks) {
      this.#places.set(SHA256, { start, sizeBytes: SizeBytes })
      start += SizeBytes
    }
  }

  /** Reads all of it once. */
  static async of(path: string, read: ReadPart, signal: AbortSignal): Promise<OfferedArchive> {
    const digest = createHash('sha256')
    async function* bytes(): AsyncGenerator<Buffer> {
      for await (const piece of createReadStream(path, { highWaterMark: readBytes, signal })) {
        digest.update(piece)
        yield piece
      }
    }
    const Chunks = await namedChunks(cutChunks(bytes()))
    return new OfferedArchive(path, read, { Form: 'file', IsExecutable: false, Chunks }, digest.digest('hex'))
  }

  /** Undefined for a chunk that it does not have. */
  async piece({ chunk, offset, limitBytes }: ChunkQuery): Promise<ResultPart | undefined> {
    if (chunk === undefined) {
      const bytes = this.#listText.subarray(offset, offset + limitBytes)
      return { bytes, sizeBytes: this.#listText.length, tag: this.id }
    }
    const place = this.#places.get(chunk)
    if (!place) return undefined
    const part = await this.#read(this.#path, place.start + offset, Math.min(limitBytes, place.sizeBytes - offset))
    return part && { ...part, sizeBytes: place.sizeBytes }
  }
}
