import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'

/**
 * A log file is a row of frames: one byte stream number, four bytes length (little endian), the bytes. A frame of number 0
 * holds the time (Unix ms, six bytes little endian) of those after it; files of earlier versions have none.
 */
const headerBytes = 5
const timeBytes = 6
const timeNumber = 0

export const timeFrame = (timeMs: number): Uint8Array => {
  const frame = Buffer.alloc(headerBytes + timeBytes)
  frame[0] = timeNumber
  frame.writeUInt32LE(timeBytes, 1)
  frame.writeUIntLE(timeMs, headerBytes, timeBytes)
  return frame
}

export const frameHeader = (stream: LogStream, length: number): Uint8Array => {
  const header = Buffer.allocUnsafe(headerBytes)
  header[0] = stream
  header.writeUInt32LE(length, 1)
  return header
}

/** Cuts a stream of file pieces into frames; what is incomplete at the end stays for the next piece. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)
  #timeMs: number | undefined
  readonly #ends: Record<LogStream, number>

  /** `ends`: bytes of each stream before the first frame. */
  constructor(ends: Readonly<Record<LogStream, number>> = { 1: 0, 2: 0 }) {
    this.#ends = { ...ends }
  }

  /** Length of what is not a whole frame yet. */
  get restBytes(): number {
    return this.#rest.length
  }

  push(piece: Buffer): LogChunk[] {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece
    const chunks: LogChunk[] = []
    while (bytes.length >= headerBytes) {
      const length = bytes.readUInt32LE(1)
      if (bytes.length < headerBytes + length) break
      const body = bytes.subarray(headerBytes, headerBytes + length)
      if (bytes[0] === timeNumber) this.#timeMs = body.readUIntLE(0, timeBytes)
      else chunks.push(this.#chunk(bytes[0] === 2 ? 2 : 1, body))
      bytes = bytes.subarray(headerBytes + length)
    }
    this.#rest = Buffer.from(bytes)
    return chunks
  }

  #chunk(stream: LogStream, bytes: Uint8Array): LogChunk {
    const end = (this.#ends[stream] += bytes.length)
    return { stream, bytes, end, ...(this.#timeMs === undefined ? {} : { timeMs: this.#timeMs }) }
  }
}
