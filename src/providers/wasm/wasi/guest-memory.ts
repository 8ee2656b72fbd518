import { fail } from './errno.ts'

const pathLimitBytes = 4096
const vectorLimit = 1024
/** Most bytes one call moves, as Linux does; more gives a short read or write. */
const transferLimitBytes = 0x7ffff000

/**
 * The linear memory of one instance, read and written with every pointer checked: a bad one fails the guest's call
 * with EFAULT. Views are made anew after the memory has grown.
 */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory | undefined
  #buffer: ArrayBufferLike = new ArrayBuffer(0)
  #view: DataView = new DataView(this.#buffer)

  constructor(memory: WebAssembly.Memory | undefined) {
    this.#memory = memory
  }

  /** The bytes themselves, not a copy. Valid until the guest runs again. */
  bytes(pointer: number, lengthBytes: number): Uint8Array {
    this.#check(pointer, lengthBytes)
    return new Uint8Array(this.#buffer, pointer, lengthBytes)
  }

  get sizeBytes(): number {
    return this.#memory?.buffer.byteLength ?? 0
  }

  u8(pointer: number): number {
    this.#check(pointer, 1)
    return this.#view.getUint8(pointer)
  }

  u16(pointer: number): number {
    this.#check(pointer, 2)
    return this.#view.getUint16(pointer, true)
  }

  u32(pointer: number): number {
    this.#check(pointer, 4)
    return this.#view.getUint32(pointer, true)
  }

  u64(pointer: number): bigint {
    this.#check(pointer, 8)
    return this.#view.getBigUint64(pointer, true)
  }

  setU8(pointer: number, value: number): void {
    this.#check(pointer, 1)
    this.#view.setUint8(pointer, value)
  }

  setU16(pointer: number, value: number): void {
    this.#check(pointer, 2)
    this.#view.setUint16(pointer, value, true)
  }

  setU32(pointer: number, value: number): void {
    this.#check(pointer, 4)
    this.#view.setUint32(pointer, value, true)
  }

  setU64(pointer: number, value: bigint): void {
    this.#check(pointer, 8)
    this.#view.setBigUint64(pointer, value, true)
  }

  /** A path as text with one character per byte (latin1), so that any name of the host survives. */
  path(pointer: number, lengthBytes: number): string {
    if (lengthBytes > pathLimitBytes) fail('nametoolong')
    const bytes = this.bytes(pointer, lengthBytes)
    if (bytes.includes(0)) fail('inval')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  }

  /** The buffers of a scattered read or write; empty ones are left out. */
  vectors(pointer: number, count: number): Uint8Array[] {
    if (count > vectorLimit) fail('inval')
    this.#check(pointer, count * 8)
    const vectors: Uint8Array[] = []
    let room = transferLimitBytes
    for (let at = pointer; at < pointer + count * 8 && room > 0; at += 8) {
      const each = this.bytes(this.u32(at), this.u32(at + 4))
      const taken = each.byteLength > room ? each.subarray(0, room) : each
      if (taken.byteLength > 0) vectors.push(taken)
      room -= taken.byteLength
    }
    return vectors
  }

  #check(pointer: number, lengthBytes: number): void {
    const memory = this.#memory
    if (memory !== undefined && memory.buffer !== this.#buffer) {
      this.#buffer = memory.buffer
      this.#view = new DataView(this.#buffer)
    }
    if (pointer + lengthBytes > this.#buffer.byteLength) fail('fault')
  }
}
