import { createHash, hash } from 'node:crypto'
import { type BigIntStats, closeSync, constants, createReadStream, fstatSync, openSync, readFileSync } from 'node:fs'
import { LRUCache } from 'lru-cache'

export type ModuleDigest = { digest: string; sizeBytes: number }

const atOnceBytes = 1_048_576
const mostRemembered = 1_000

/** Digests of modules' files. Those of large files are remembered for as long as the file has not changed. */
export class ModuleDigests {
  readonly #known = new LRUCache<string, Promise<string | undefined>>({ max: mostRemembered })

  /**
   * SHA-256 of a module's file, by which a child is chosen, and its size; undefined when it is not one readable file (the child
   * finds out and says so). A small file is read at once: that takes less time than handing it to another thread.
   */
  async of(path: string): Promise<ModuleDigest | undefined> {
    const fd = openRegular(path)
    if (fd === undefined) return undefined
    const stat = fstatSync(fd, { bigint: true })
    const sizeBytes = Number(stat.size)
    const digest = sizeBytes > atOnceBytes ? await this.#ofLarge(fd, versionOf(stat)) : digestAtOnce(fd)
    return digest === undefined ? undefined : { digest, sizeBytes }
  }

  /** Those who ask at the same time wait for the same reading. */
  #ofLarge(fd: number, version: string): Promise<string | undefined> {
    const known = this.#known.get(version)
    if (known) {
      closeSync(fd)
      return known
    }
    const digest = digestOfStream(fd, version)
    this.#known.set(version, digest)
    void digest.then((text) => text === undefined && this.#known.delete(version))
    return digest
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

/** Differs when anything was written to the file, or another file is in its place. */
const versionOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ')

function digestAtOnce(fd: number): string | undefined {
  try {
    return hash('sha256', readFileSync(fd), 'hex')
  } catch {
    return undefined
  } finally {
    closeSync(fd)
  }
}

/** Undefined also for a file that was written to meanwhile. */
async function digestOfStream(fd: number, version: string): Promise<string | undefined> {
  const digest = createHash('sha256')
  try {
    const content = createReadStream('', { fd, highWaterMark: atOnceBytes, autoClose: false })
    for await (const chunk of content) digest.update(chunk as Buffer)
    return versionOf(fstatSync(fd, { bigint: true })) === version ? digest.digest('hex') : undefined
  } catch {
    return undefined
  } finally {
    closeSync(fd)
  }
}
