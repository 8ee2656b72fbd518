import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'

/** A log file is a row of frames: one byte stream number, four bytes length (little endian), the bytes. */
const headerBytes = 5

export const frameHeader = (stream: LogStream, length: number): Uint8Array => {
  const header = Buffer.allocUnsafe(headerBytes)
  header[0] = stream
  header.writeUInt32LE(length, 1)
  return header
}

/** Cuts a stream of file pieces into frames; what is incomplete at the end stays for the next piece. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

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
      chunks.push({ stream: bytes[0] === 2 ? 2 : 1, bytes: bytes.subarray(headerBytes, headerBytes + length) })
      bytes = bytes.subarray(headerBytes + length)
    }
    this.#rest = Buffer.from(bytes)
    return chunks
  }
}
