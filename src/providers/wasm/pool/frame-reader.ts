import { upFrameLimitBytes, upHeaderBytes } from '../protocol/frames.ts'

/** A piece of a frame: output comes as it arrives, in pieces; `isEnd` marks the last one. */
export type FramePiece = { kind: number; bytes: Buffer; isEnd: boolean }

/** Cuts the bytes a child sends into pieces of frames, without copying. */
export class FrameReader {
  readonly #head = Buffer.alloc(upHeaderBytes)
  #headBytes = 0
  #leftBytes = 0
  #chunk: Buffer = Buffer.alloc(0)

  feed(chunk: Buffer): void {
    this.#chunk = chunk
  }

  /** The next piece; undefined when more bytes are needed, null when this is no frame. */
  next(): FramePiece | undefined | null {
    if (this.#headBytes < upHeaderBytes) {
      const taken = this.#take(upHeaderBytes - this.#headBytes)
      taken.copy(this.#head, this.#headBytes)
      this.#headBytes += taken.length
      if (this.#headBytes < upHeaderBytes) return undefined
      this.#leftBytes = this.#head.readUInt32LE(0)
      if (this.#leftBytes > upFrameLimitBytes) return null
    }
    if (this.#leftBytes > 0 && this.#chunk.length === 0) return undefined
    const bytes = this.#take(this.#leftBytes)
    this.#leftBytes -= bytes.length
    if (this.#leftBytes === 0) this.#headBytes = 0
    return { kind: this.#head[upHeaderBytes - 1] as number, bytes, isEnd: this.#leftBytes === 0 }
  }

  #take(lengthBytes: number): Buffer {
    const taken = this.#chunk.subarray(0, lengthBytes)
    this.#chunk = this.#chunk.subarray(taken.length)
    return taken
  }
}
