import { hash } from 'node:crypto'
import type { ChunkSource } from '#contracts/chunks.ts'
import { resultPartBytes } from '#contracts/node-link.ts'
import { Fault } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { type ChunkList, checkedChunkList } from '#models/chunk-list.ts'

/** Asks for a chunk list, which its id vouches for. Throws a Fault, also of one whose text has more than so many bytes. */
export async function fetchChunkList(
  { id, what, read }: ChunkSource,
  mostBytes: number,
  signal: AbortSignal,
): Promise<ChunkList> {
  const pieces: Uint8Array[] = []
  for (let offset = 0; ; ) {
    const { bytes, sizeBytes } = await orAborted(read({ offset, limitBytes: resultPartBytes }), signal)
    if (sizeBytes > mostBytes) throw new Fault('PayloadTooLarge', `the list of the chunks of ${what} is too long`)
    pieces.push(bytes)
    offset += bytes.length
    if (offset >= sizeBytes || bytes.length === 0) break
  }
  const text = Buffer.concat(pieces)
  if (hash('sha256', text) !== id) throw notNamed(id, what)
  return checkedChunkList(JSON.parse(text.toString()))
}

const notNamed = (id: string, what: string): Fault =>
  new Fault('ServiceUnavailable', `what came as the list of the chunks of ${what} is not what ${id} names`, {
    hint: 'The disk that it lies on may be damaged.',
    details: { FailureClass: 'transient' },
  })
