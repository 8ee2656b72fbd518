import { createHash, hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { ChunkQuery, ChunkSource } from '#contracts/chunks.ts'
import { resultPartBytes } from '#contracts/node-link.ts'
import { askedAhead } from '#lib/asked-ahead.ts'
import { largestChunkBytes } from '#lib/cut-chunks.ts'
import { Fault } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { writeAt } from '#lib/write-at.ts'
import { type Chunk, type ChunkList, listedBytes } from '#models/chunk-list.ts'

/** Asked for ahead of what has come. What a break costs is at most this much. */
const atOnce = 4
export const largestPieceBytes = resultPartBytes / 4
/** So often one chunk may come as something else. */
const mostWrong = 3

type Wanted = Chunk & { /** Where in the file it belongs. */ starts: number[]; timesWrong: number }

/**
 * A file that comes over the link in chunks, each checked by its digest. Only those are asked for that are not in the file, each
 * once however often it is in there; nothing is synced before the last one is there, because digests tell after a crash what is.
 */
export class ComingFile {
  readonly #path: string
  readonly #sizeBytes: number
  /** The first of them is the one that comes. */
  readonly #wanted: Wanted[]
  #cameBytes = 0
  #digest = createHash('sha256')
  #pieceBytes = largestPieceBytes

  private constructor(path: string, sizeBytes: number, wanted: Wanted[]) {
    this.#path = path
    this.#sizeBytes = sizeBytes
    this.#wanted = wanted
  }

  /** Looks what an earlier life has brought there. */
  static async at(path: string, list: ChunkList): Promise<ComingFile> {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      return new ComingFile(path, listedBytes(list), await wantedOf(file, list))
    } finally {
      await file.close()
    }
  }

  /** Brings what is not there, and syncs it. After whatever it throws it may be called again, and goes on where it was. */
  async bring({ what, read }: Pick<ChunkSource, 'what' | 'read'>, signal: AbortSignal): Promise<void> {
    const file = await open(this.#path, constants.O_RDWR)
    try {
      while (this.#wanted.length > 0) {
        const pieces = askedAhead(this.#queries(), atOnce, (query) => orAborted(read(query), signal))
        for await (const { bytes } of pieces) {
          if (!(await this.#add(file, bytes, what))) break
        }
      }
      await file.truncate(this.#sizeBytes)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  *#queries(): Generator<ChunkQuery> {
    let offset = this.#cameBytes
    for (const { SHA256: chunk, SizeBytes } of [...this.#wanted]) {
      for (; offset < SizeBytes; offset += this.#pieceBytes) {
        yield { chunk, offset, limitBytes: Math.min(this.#pieceBytes, SizeBytes - offset) }
      }
      offset = 0
    }
  }

  /** Whether what was asked for meanwhile follows. */
  async #add(file: FileHandle, bytes: Uint8Array, what: string): Promise<boolean> {
    const { SizeBytes, starts } = this.#wanted[0] as Wanted
    const wantedBytes = Math.min(this.#pieceBytes, SizeBytes - this.#cameBytes)
    if (bytes.length === 0 || bytes.length > wantedBytes)
      throw new Fault('InternalError', `the other side sent no piece of ${what}`)
    for (const start of starts) await writeAt(file, [bytes], start + this.#cameBytes)
    this.#digest.update(bytes)
    this.#cameBytes += bytes.length
    if (bytes.length < wantedBytes) {
      // The bus carries no more at a time.
      this.#pieceBytes = bytes.length
      return false
    }
    if (this.#cameBytes === SizeBytes) this.#end(what)
    return true
  }

  /** One that is not what its name says is asked for again after the others. */
  #end(what: string): void {
    const chunk = this.#wanted.shift() as Wanted
    const isRight = this.#digest.digest('hex') === chunk.SHA256
    this.#cameBytes = 0
    this.#digest = createHash('sha256')
    if (isRight) return
    this.#wanted.push(chunk)
    if (++chunk.timesWrong % mostWrong === 0) throw wrong(chunk, what)
  }
}

/** The chunks that are not in the file at each of their places. */
async function wantedOf(file: FileHandle, { Chunks }: ChunkList): Promise<Wanted[]> {
  const { size } = await file.stat()
  const room = Buffer.allocUnsafe(Math.min(size, largestChunkBytes))
  const places = new Map<string, Wanted>()
  const wanted = new Set<Wanted>()
  let start = 0
  for (const { SHA256, SizeBytes } of Chunks) {
    const name = `${SHA256} ${SizeBytes}`
    const place = places.get(name) ?? { SHA256, SizeBytes, starts: [], timesWrong: 0 }
    places.set(name, place)
    place.starts.push(start)
    const { bytesRead } = start + SizeBytes <= size ? await file.read(room, 0, SizeBytes, start) : { bytesRead: 0 }
    if (bytesRead < SizeBytes || hash('sha256', room.subarray(0, SizeBytes)) !== SHA256) wanted.add(place)
    start += SizeBytes
  }
  return [...wanted]
}

const wrong = ({ SHA256, timesWrong }: Wanted, what: string): Fault =>
  new Fault('ServiceUnavailable', `chunk ${SHA256} of ${what} came ${timesWrong} times as something else`, {
    hint: 'The disk that it lies on may be damaged.',
    details: { FailureClass: 'transient' },
  })
