import { open } from 'node:fs/promises'

/** What is in a file, or which names are in a folder, survives the machine. */
export async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A file with these bytes alone, synced: an earlier life that broke off may have left one of that name. Once it rejects nothing is written any more. */
export async function writeSynced(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
