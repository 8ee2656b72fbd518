import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'
import { goneNote } from './log-notes.ts'

/**
 * A log file is a row of frames: one byte stream number, four bytes length (little endian), the bytes. A frame of number 0
 * holds the time (Unix ms, six bytes little endian) of those after it; files of earlier versions have none. A frame of number 3
 * holds how many bytes of each stream were printed before it (six bytes each, little endian): a part begins with it.
 */
const headerBytes = 5
const timeBytes = 6
const timeNumber = 0
/** Most that a piece takes beside its bytes: a time and a header. */
export const mostHeadBytes = 2 * headerBytes + timeBytes
const countBytes = 6
const endsNumber = 3

export const timeFrame = (timeMs: number): Uint8Array => {
  const frame = Buffer.alloc(headerBytes + timeBytes)
  frame[0] = timeNumber
  frame.writeUInt32LE(timeBytes, 1)
  frame.writeUIntLE(timeMs, headerBytes, timeBytes)
  return frame
}

export const endsFrame = (ends: Readonly<Record<LogStream, number>>): Uint8Array => {
  const frame = Buffer.alloc(headerBytes + 2 * countBytes)
  frame[0] = endsNumber
  frame.writeUInt32LE(2 * countBytes, 1)
  frame.writeUIntLE(ends[1], headerBytes, countBytes)
  frame.writeUIntLE(ends[2], headerBytes + countBytes, countBytes)
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
      else if (bytes[0] === endsNumber) chunks.push(...this.#gapBefore(body))
      else chunks.push(this.#chunk(bytes[0] === 2 ? 2 : 1, body))
      bytes = bytes.subarray(headerBytes + length)
    }
    this.#rest = Buffer.from(bytes)
    return chunks
  }

  /** Where output is gone, a note stands in its place. */
  #gapBefore(body: Buffer): LogChunk[] {
    const ends = { 1: body.readUIntLE(0, countBytes), 2: body.readUIntLE(countBytes, countBytes) }
    const gone = { 1: ends[1] - this.#ends[1], 2: ends[2] - this.#ends[2] }
    const stream = gone[1] >= gone[2] ? 1 : 2
    const note = goneNote(gone[1] + gone[2])
    if (gone[stream] <= 0) return []
    this.#ends[stream === 1 ? 2 : 1] = ends[stream === 1 ? 2 : 1]
    this.#ends[stream] = ends[stream] - note.length
    return [this.#chunk(stream, note)]
  }

  #chunk(stream: LogStream, bytes: Uint8Array): LogChunk {
    const end = (this.#ends[stream] += bytes.length)
    return { stream, bytes, end, ...(this.#timeMs === undefined ? {} : { timeMs: this.#timeMs }) }
  }
}
