import { createHash, hash } from 'node:crypto'
import { closeSync, constants, createReadStream, fstatSync, openSync, readFileSync } from 'node:fs'

const atOnceBytes = 1_048_576

/**
 * SHA-256 of a module's file, by which a child is chosen; undefined when it is not one readable file (the child finds
 * out and says so). A small file is read at once: that takes less time than handing it to another thread.
 */
export async function moduleDigest(path: string): Promise<string | undefined> {
  const fd = openRegular(path)
  if (fd === undefined) return undefined
  if (fstatSync(fd).size > atOnceBytes) return digestOfStream(fd)
  try {
    return hash('sha256', readFileSync(fd), 'hex')
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

async function digestOfStream(fd: number): Promise<string | undefined> {
  const digest = createHash('sha256')
  try {
    for await (const chunk of createReadStream('', { fd, highWaterMark: atOnceBytes })) digest.update(chunk as Buffer)
    return digest.digest('hex')
  } catch {
    return undefined
  }
}
