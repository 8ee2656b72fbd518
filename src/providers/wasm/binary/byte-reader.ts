import { InvalidModule } from './invalid-module.ts'

/** Reads the primitives of the binary format. Runs into its end, or into a malformed number: InvalidModule. */
export class ByteReader {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length
  }

  u8(): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw new InvalidModule('unexpected end of the module')
    this.at += 1
    return value
  }

  /** LEB128, at most five bytes. */
  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break
        return value
      }
    }
    throw new InvalidModule('malformed number')
  }

  take(lengthBytes: number): Uint8Array {
    const end = this.at + lengthBytes
    if (end > this.bytes.length) throw new InvalidModule('unexpected end of the module')
    const taken = this.bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  name(): string {
    return Buffer.from(this.take(this.u32())).toString('utf8')
  }
}

/** LEB128 of an unsigned 32-bit number. */
export function encodeU32(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest]
}

/** A name as it stands in a module: its length, then its UTF-8 bytes. */
export function encodeName(name: string): number[] {
  const bytes = Buffer.from(name, 'utf8')
  return [...encodeU32(bytes.length), ...bytes]
}
