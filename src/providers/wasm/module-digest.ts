import { createHash, hash } from 'node:crypto'
import { closeSync, constants, createReadStream, fstatSync, openSync, readFileSync } from 'node:fs'

export type ModuleDigest = { digest: string; sizeBytes: number }

const atOnceBytes = 1_048_576

/**
 * SHA-256 of a module's file, by which a child is chosen, and its size; undefined when it is not one readable file (the child
 * finds out and says so). A small file is read at once: that takes less time than handing it to another thread.
 */
export async function moduleDigest(path: string): Promise<ModuleDigest | undefined> {
  const fd = openRegular(path)
  if (fd === undefined) return undefined
  const { size: sizeBytes } = fstatSync(fd)
  if (sizeBytes > atOnceBytes) return digestOfStream(fd, sizeBytes)
  try {
    return { digest: hash('sha256', readFileSync(fd), 'hex'), sizeBytes }
  } catch {
    return undefined
  } finally {
    closeSync(fd)
  }
}

function openRegular(path: string): number | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
    return undefined
  } catch {
    return undefined
  }
}

async function digestOfStream(fd: number, sizeBytes: number): Promise<ModuleDigest | undefined> {
  const digest = createHash('sha256')
  try {
    for await (const chunk of createReadStream('', { fd, highWaterMark: atOnceBytes })) digest.update(chunk as Buffer)
    return { digest: digest.digest('hex'), sizeBytes }
  } catch {
    return undefined
  }
}
