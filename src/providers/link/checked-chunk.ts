import { createHash } from 'node:crypto'
import { Fault } from '#lib/fault.ts'
import type { Chunk } from '#models/chunk-list.ts'

/** The bytes as they come; a Fault BadRequest at the latest in the end when they are not the chunk. */
export async function* checkedChunk(
  { SHA256, SizeBytes }: Chunk,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const got = createHash('sha256')
  let gotBytes = 0
  for await (const bytes of source) {
    gotBytes += bytes.length
    if (gotBytes > SizeBytes) throw otherContent(SHA256)
    got.update(bytes)
    yield bytes
  }
  if (gotBytes !== SizeBytes || got.digest('hex') !== SHA256) throw otherContent(SHA256)
}

const otherContent = (digest: string): Fault =>
  new Fault('BadRequest', `what came is not the chunk ${digest}`, {
    hint: 'A file that changes while it is sent has to be sent again.',
  })
