import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { Fault } from '#lib/fault.ts'
import { writeAt } from '#lib/write-at.ts'
import type { Chunk } from '#models/chunk-list.ts'
import { synced } from './synced.ts'

/**
 * Adds a piece of a chunk to what has come of it, at its place; what of a piece broke off comes again. True = all of the chunk is in the
 * file now, checked and synced; undefined = what comes before the piece is not there. Throws a Fault BadRequest when it is more than the chunk.
 */
export async function addPiece(
  path: string,
  { SHA256, SizeBytes }: Chunk,
  offset: number,
  bytes: AsyncIterable<Uint8Array>,
): Promise<boolean | undefined> {
  const hasCome = await write(path, SizeBytes, offset, bytes)
  if (hasCome === undefined || hasCome < SizeBytes) return hasCome === undefined ? undefined : false
  if (hash('sha256', await readFile(path)) !== SHA256) return undefined
  await synced(path)
  return true
}

/** Gives how much of the chunk is there then. */
async function write(
  path: string,
  sizeBytes: number,
  offset: number,
  bytes: AsyncIterable<Uint8Array>,
): Promise<number | undefined> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    if ((await file.stat()).size < offset) return undefined
    let at = offset
    for await (const piece of bytes) {
      if (at + piece.length > sizeBytes) throw new Fault('BadRequest', `the chunk has no more than ${sizeBytes} bytes`)
      await writeAt(file, [piece], at)
      at += piece.length
    }
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}
