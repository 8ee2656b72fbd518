import type { LogFile, OpenPart } from './log-file.ts'

const pieceBytes = 256 * 1024

/** Reads the file of an output, one part after the other; opened when there is something to read, and then once. */
export class LogFileReader {
  readonly #file: LogFile
  #part: OpenPart | undefined

  constructor(file: LogFile) {
    this.#file = file
  }

  /** Its bytes of [from, end), piece by piece, as far as they are there still; a part that is open stays. */
  async *pieces(from: number, end: number, signal: AbortSignal): AsyncIterable<Buffer> {
    for (let position = from; position < end && !signal.aborted; ) {
      this.#part ??= await this.#file.openAt(position)
      const { file, startBytes } = this.#part
      position = Math.max(position, startBytes)
      if (position >= end) return
      const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, end - position))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position - startBytes)
      if (bytesRead > 0) {
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      } else if (!(await this.#goOn(position))) return
    }
  }

  async close(): Promise<void> {
    await this.#part?.file.close()
    this.#part = undefined
  }

  /** At the end of a part: whether there is another one. */
  async #goOn(position: number): Promise<boolean> {
    const before = this.#part?.startBytes
    await this.close()
    this.#part = await this.#file.openAt(position)
    return this.#part.startBytes !== before
  }
}
