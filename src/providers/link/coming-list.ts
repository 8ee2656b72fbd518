import { hash } from 'node:crypto'
import type { ChunkSource } from '#contracts/chunks.ts'
import { Fault } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { type ChunkList, checkedChunkList } from '#models/chunk-list.ts'
import { largestPieceBytes } from './coming-file.ts'

/** A chunk list that comes over the link, which its id vouches for. */
export class ComingList {
  #came: Uint8Array[] = []
  #cameBytes = 0

  /**
   * Asks for what has not come. Throws a Fault, also of a list whose text has more than so many bytes; after that, and after
   * whatever else it throws, it may be called again, and goes on where it was.
   */
  async bring({ id, what, read }: ChunkSource, mostBytes: number, signal: AbortSignal): Promise<ChunkList> {
    for (;;) {
      const query = { offset: this.#cameBytes, limitBytes: largestPieceBytes }
      const { bytes, sizeBytes } = await orAborted(read(query), signal)
      if (sizeBytes > mostBytes) throw new Fault('PayloadTooLarge', `the list of the chunks of ${what} is too long`)
      this.#came.push(bytes)
      this.#cameBytes += bytes.length
      if (this.#cameBytes >= sizeBytes || bytes.length === 0) break
    }
    const text = Buffer.concat(this.#came)
    this.#came = []
    this.#cameBytes = 0
    if (hash('sha256', text) !== id) throw notNamed(id, what)
    return checkedChunkList(JSON.parse(text.toString()))
  }
}

const notNamed = (id: string, what: string): Fault =>
  new Fault('ServiceUnavailable', `what came as the list of the chunks of ${what} is not what ${id} names`, {
    hint: 'The disk that it lies on may be damaged.',
    details: { FailureClass: 'transient' },
  })
