import { createHash, hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { resultPartBytes } from '#contracts/node-link.ts'
import type { NodeUploadQuery, ReadUpload } from '#contracts/upload-store.ts'
import { askedAhead } from '#lib/asked-ahead.ts'
import type { Clock } from '#lib/clock.ts'
import { largestChunkBytes } from '#lib/cut-chunks.ts'
import { Fault } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { writeAt } from '#lib/write-at.ts'
import { type Chunk, type ChunkList, checkedChunkList } from '#models/chunk-list.ts'
import { untilAnswered } from './until-answered.ts'

export type FetchUploadParts = { read: ReadUpload; clock: Clock }
/** An upload as a job names it. */
export type NamedUpload = Pick<NodeUploadQuery, 'jobId' | 'uploadId'>

/** Asked for ahead of what has come. What a break costs is at most this much. */
const atOnce = 4
const largestPieceBytes = resultPartBytes / 4

/** The list of an upload's chunks, which its id vouches for. */
export async function fetchChunkList(
  { read, clock }: FetchUploadParts,
  named: NamedUpload,
  signal: AbortSignal,
): Promise<ChunkList> {
  const ask = async () => {
    const pieces: Uint8Array[] = []
    for (let offset = 0; ; ) {
      const { bytes, sizeBytes } = await orAborted(read({ ...named, offset, limitBytes: largestPieceBytes }), signal)
      pieces.push(bytes)
      offset += bytes.length
      if (offset >= sizeBytes || bytes.length === 0) break
    }
    return Buffer.concat(pieces)
  }
  const text = await untilAnswered(ask, clock, signal)
  if (hash('sha256', text) !== named.uploadId) throw damaged(named.uploadId)
  return checkedChunkList(JSON.parse(text.toString()))
}

/**
 * Brings the bytes of an upload into a file, each chunk checked by its digest. What an earlier life has brought there is not
 * asked for again; over a line that breaks it goes on where it was.
 */
export async function fetchUpload(
  { read, clock }: FetchUploadParts,
  named: NamedUpload,
  { Chunks }: ChunkList,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    const coming = await Coming.after(file, Chunks)
    const ask = async () => {
      const pieces = askedAhead(coming.stretches(), atOnce, (stretch) =>
        orAborted(read({ ...named, ...stretch }), signal),
      )
      for await (const { bytes } of pieces) await coming.add(bytes)
      return true
    }
    await untilAnswered(ask, clock, signal)
    await file.truncate(coming.bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

type Stretch = { chunk: string; offset: number; limitBytes: number }

/** How far a file has come. */
class Coming {
  readonly #file: FileHandle
  readonly #chunks: readonly Chunk[]
  /** The chunk that comes, what there is of it, and its digest so far. */
  #index = 0
  #inChunk = 0
  #digest = createHash('sha256')
  #pieceBytes = largestPieceBytes
  bytes = 0

  private constructor(file: FileHandle, chunks: readonly Chunk[]) {
    this.#file = file
    this.#chunks = chunks
  }

  /** After the chunks that are in the file already. */
  static async after(file: FileHandle, chunks: readonly Chunk[]): Promise<Coming> {
    const coming = new Coming(file, chunks)
    const room = Buffer.allocUnsafe(largestChunkBytes)
    for (const { SHA256, SizeBytes } of chunks) {
      const { bytesRead } = await file.read(room, 0, SizeBytes, coming.bytes)
      if (bytesRead < SizeBytes || hash('sha256', room.subarray(0, SizeBytes)) !== SHA256) break
      coming.bytes += SizeBytes
      coming.#index += 1
    }
    return coming
  }

  *stretches(): Generator<Stretch> {
    let offset = this.#inChunk
    for (const { SHA256, SizeBytes } of this.#chunks.slice(this.#index)) {
      for (; offset < SizeBytes; offset += this.#pieceBytes) {
        yield { chunk: SHA256, offset, limitBytes: Math.min(this.#pieceBytes, SizeBytes - offset) }
      }
      offset = 0
    }
  }

  async add(bytes: Uint8Array): Promise<void> {
    const { SHA256, SizeBytes } = this.#chunks[this.#index] as Chunk
    const wantedBytes = Math.min(this.#pieceBytes, SizeBytes - this.#inChunk)
    if (bytes.length === 0 || bytes.length > wantedBytes) throw damaged(SHA256)
    await writeAt(this.#file, [bytes], this.bytes)
    this.#digest.update(bytes)
    this.bytes += bytes.length
    this.#inChunk += bytes.length
    if (bytes.length < wantedBytes) this.#takeSmaller(bytes.length)
    if (this.#inChunk < SizeBytes) return
    if (this.#digest.digest('hex') !== SHA256) throw damaged(SHA256)
    this.#index += 1
    this.#inChunk = 0
    this.#digest = createHash('sha256')
  }

  /** The bus carries no more at a time; what was asked for meanwhile begins elsewhere. */
  #takeSmaller(bytes: number): never {
    this.#pieceBytes = bytes
    throw new Fault('ServiceUnavailable', 'smaller pieces are asked for', { isRetryable: true })
  }
}

const damaged = (what: string): Fault =>
  new Fault('ServiceUnavailable', `what came of the upload is not what ${what} names`, {
    component: 'UploadStorage',
    hint: 'The disk of the orchestrator may be damaged.',
    details: { FailureClass: 'transient' },
  })
