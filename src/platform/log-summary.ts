import { runOutputLimitBytes } from '#models/execution.ts'

/** The first bytes of one stream, cut at a character. */
export class StreamSummary {
  #kept: Uint8Array[] = []
  #keptBytes = 0
  #isTruncated = false

  add(bytes: Uint8Array): void {
    const room = runOutputLimitBytes - this.#keptBytes
    if (bytes.length > room) this.#isTruncated = true
    if (room <= 0) return
    const part = bytes.slice(0, room)
    this.#kept.push(part)
    this.#keptBytes += part.length
  }

  get isTruncated(): boolean {
    return this.#isTruncated
  }

  get text(): string {
    const bytes = Buffer.concat(this.#kept)
    return (this.#isTruncated ? bytes.subarray(0, wholeCharacters(bytes)) : bytes).toString('utf8')
  }
}

/** Length without a character that was cut in the middle at the end. */
const wholeCharacters = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needed > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}
