import type { LogStream } from '#contracts/log-sink.ts'
import { Fault } from '#lib/fault.ts'

export type LogPiece = { stream: LogStream; bytes: Uint8Array }

const headerLength = 8
/** Frames up to this size are handed over whole; of longer ones each part as it comes. */
const wholeLimitBytes = 1024 * 1024

/**
 * Takes the engine's multiplexed output apart: frames of a kind (0 and 1 stdout, 2 stderr, 3 a message of the engine
 * itself), three ignored bytes, a big-endian length, and that many bytes. A frame that never came whole is not given out.
 * Throws a Fault when the engine reports an error, or when this is no such stream.
 */
export class LogFrames {
  #pending: Buffer = Buffer.alloc(0)
  /** Bytes still to come of a frame that is given out in parts. */
  #openBytes = 0
  #openStream: LogStream = 1

  push(chunk: Uint8Array): LogPiece[] {
    const pieces: LogPiece[] = []
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : asBuffer(chunk)
    rest = this.#continueOpen(rest, pieces)
    while (rest.length >= headerLength) {
      const kind = rest.readUInt8(0)
      const length = rest.readUInt32BE(4)
      if (kind > 3) throw broken(`Unrecognized input header: ${kind}`)
      const isWhole = rest.length - headerLength >= length
      if (!isWhole && length <= wholeLimitBytes) break
      const bytes = rest.subarray(headerLength, headerLength + length)
      rest = rest.subarray(headerLength + bytes.length)
      if (kind === 3) throw broken(`error from daemon in stream: ${bytes.toString('utf8')}`)
      this.#openStream = kind === 2 ? 2 : 1
      this.#openBytes = length - bytes.length
      if (bytes.length > 0) pieces.push({ stream: this.#openStream, bytes })
    }
    // A copy: the caller may use its buffer again.
    this.#pending = Buffer.from(rest)
    return pieces
  }

  #continueOpen(rest: Buffer, pieces: LogPiece[]): Buffer {
    if (this.#openBytes === 0) return rest
    const bytes = rest.subarray(0, this.#openBytes)
    this.#openBytes -= bytes.length
    if (bytes.length > 0) pieces.push({ stream: this.#openStream, bytes })
    return rest.subarray(bytes.length)
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const broken = (message: string): Fault =>
  new Fault('ServiceUnavailable', message, { component: 'Docker', isRetryable: true })
