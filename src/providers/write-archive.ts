import { createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { WriteArchive } from '#contracts/archive.ts'
import { packFolder } from './pack-folder.ts'

/** Results are mostly compressed or small already; speed counts. */
const gzipLevel = 1

/** Archives that are written at once do not meet; those of an earlier process are gone. */
let begun = 0

export const writeArchive: WriteArchive = async (directory, path, signal, onLeftOut = () => {}) => {
  const part = `${path}.part-${begun++}`
  try {
    signal.throwIfAborted()
    const packed = packFolder(directory, { onLeftOut })
    await pipeline(packed, createGzip({ level: gzipLevel }), createWriteStream(part), { signal })
    await synced(part)
    await rename(part, path)
    await synced(dirname(path))
  } catch (error) {
    await rm(part, { force: true })
    throw signal.aborted ? signal.reason : error
  }
}

async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
