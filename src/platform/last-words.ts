import type { LogChunk } from '#contracts/log-reader.ts'
import type { LogStream } from '#contracts/log-sink.ts'

/** The newest of what is printed, up to a bound, in its order. */
export class LastWords {
  readonly #ring: Buffer
  readonly #runs: { stream: LogStream; length: number }[] = []
  #start = 0
  #size = 0

  constructor(limitBytes: number) {
    this.#ring = Buffer.alloc(limitBytes)
  }

  add(stream: LogStream, bytes: Uint8Array): void {
    const room = this.#ring.length
    const kept = bytes.subarray(Math.max(0, bytes.length - room))
    this.#drop(this.#size + kept.length - room)
    const end = (this.#start + this.#size) % room
    const fitting = kept.subarray(0, room - end)
    this.#ring.set(fitting, end)
    this.#ring.set(kept.subarray(fitting.length), 0)
    this.#size += kept.length
    const last = this.#runs.at(-1)
    if (last?.stream === stream) last.length += kept.length
    else this.#runs.push({ stream, length: kept.length })
  }

  /** The oldest first. */
  get chunks(): LogChunk[] {
    const inOrder = Buffer.concat([this.#ring.subarray(this.#start), this.#ring.subarray(0, this.#start)])
    let at = 0
    return this.#runs.map(({ stream, length }) => ({ stream, bytes: inOrder.subarray(at, (at += length)) }))
  }

  #drop(bytes: number): void {
    for (let left = bytes; left > 0; ) {
      const [oldest] = this.#runs
      if (!oldest) return
      const gone = Math.min(left, oldest.length)
      oldest.length -= gone
      if (oldest.length === 0) this.#runs.shift()
      this.#start = (this.#start + gone) % this.#ring.length
      this.#size -= gone
      left -= gone
    }
  }
}
