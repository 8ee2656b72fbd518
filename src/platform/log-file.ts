import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'

/** Where the older part of an output lies that is kept from its end. */
const olderPath = (path: string): string => `${path}.old`

/** A part of a file that is open for reading; `startBytes`: the position of its first byte. */
export type OpenPart = { file: FileHandle; startBytes: number }

/**
 * The file of an output. Positions count its bytes from the first one on, also when that is gone: a file that is full becomes
 * the older part, in the place of the one before, and a new one begins.
 */
export class LogFile {
  readonly #path: string
  #olderStart = 0
  #start: number
  #end: number
  #file: FileHandle | undefined
  #turning: Promise<void> | undefined
  #turns = 0

  private constructor(path: string, olderBytes: number, bytes: number) {
    this.#path = path
    this.#start = olderBytes
    this.#end = olderBytes + bytes
  }

  static empty = (path: string): LogFile => new LogFile(path, 0, 0)

  /** As it lies on the disk. */
  static async found(path: string): Promise<LogFile> {
    return new LogFile(path, await sizeOf(olderPath(path)), await sizeOf(path))
  }

  static async remove(path: string): Promise<void> {
    await rm(olderPath(path), { force: true })
    await rm(path, { force: true })
  }

  get endBytes(): number {
    return this.#end
  }

  /** Bytes since the older part. */
  get newBytes(): number {
    return this.#end - this.#start
  }

  async append(frames: readonly Uint8Array[]): Promise<void> {
    this.#file ??= await open(this.#path, 'a', 0o600)
    this.#end += await append(this.#file, frames)
  }

  /** What is there becomes the older part. Not while something is appended. */
  beginPart(): Promise<void> {
    this.#turns += 1
    const turning = this.#turn().finally(() => (this.#turning = undefined))
    this.#turning = turning.catch(() => {})
    return turning
  }

  /** The part in which this position is, or the first one after it; there must be one. The caller closes it. */
  async openAt(position: number): Promise<OpenPart> {
    for (;;) {
      while (this.#turning) await this.#turning
      const turns = this.#turns
      const isOlder = position < this.#start
      const startBytes = isOlder ? this.#olderStart : this.#start
      const opened = await openOrError(isOlder ? olderPath(this.#path) : this.#path)
      if (turns === this.#turns) return { file: checked(opened), startBytes }
      // It may have got the other name, or gone, before it was opened.
      if (!(opened instanceof Error)) await opened.close()
    }
  }

  /** Cuts off what is behind this position: of the newest part only. */
  async cut(endBytes: number): Promise<void> {
    this.#file ??= await open(this.#path, 'a', 0o600)
    await this.#file.truncate(endBytes - this.#start)
    this.#end = endBytes
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #turn(): Promise<void> {
    await this.close()
    await rename(this.#path, olderPath(this.#path))
    this.#olderStart = this.#start
    this.#start = this.#end
  }
}

const openOrError = (path: string): Promise<FileHandle | Error> => open(path, 'r').catch((error: Error) => error)

function checked(opened: FileHandle | Error): FileHandle {
  if (opened instanceof Error) throw opened
  return opened
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0

/** Writes all of it, and returns how much that is; a disk that gets full takes a part, and says so at the next attempt. */
async function append(file: FileHandle, frames: readonly Uint8Array[]): Promise<number> {
  const size = frames.reduce((sum, { length }) => sum + length, 0)
  const { bytesWritten } = await file.writev(frames)
  if (bytesWritten < size) await file.appendFile(Buffer.concat(frames).subarray(bytesWritten))
  return size
}
