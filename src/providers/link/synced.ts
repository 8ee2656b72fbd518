import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** What is in a file, or which names are in a folder, survives the machine. */
export async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A file with these bytes alone, synced: an earlier life that broke off may have left one of that name. */
export async function writeSynced(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  await pipeline(bytes, createWriteStream(path, { mode: 0o600 }))
  await synced(path)
}
