import { ByteReader } from './byte-reader.ts'
import { InvalidModule } from './invalid-module.ts'

/** Value types by the names that traces show. */
export type FunctionType = { params: readonly string[]; results: readonly string[] }

const simple: Record<number, string> = {
  0x7f: 'i32',
  0x7e: 'i64',
  0x7d: 'f32',
  0x7c: 'f64',
  0x7b: 'v128',
  0x70: 'funcref',
  0x6f: 'externref',
  0x69: 'exnref',
}

/** The type section. Types of the garbage-collection proposal are refused: their objects would escape the memory cap. */
export function readTypes(payload: Uint8Array): FunctionType[] {
  const reader = new ByteReader(payload)
  const types: FunctionType[] = []
  for (let count = reader.u32(); count > 0; count -= 1) {
    if (reader.u8() !== 0x60) throw new InvalidModule('garbage-collected types are not supported')
    types.push({ params: readValueTypes(reader), results: readValueTypes(reader) })
  }
  return types
}

function readValueTypes(reader: ByteReader): string[] {
  const types: string[] = []
  for (let count = reader.u32(); count > 0; count -= 1) types.push(readValueType(reader))
  return types
}

/** One value type; `(ref null? heap)` of typed function references is named `ref`. */
export function readValueType(reader: ByteReader): string {
  const byte = reader.u8()
  if (byte === 0x63 || byte === 0x64) {
    skipHeapType(reader)
    return 'ref'
  }
  const name = simple[byte]
  if (name === undefined) throw new InvalidModule(`value type 0x${byte.toString(16)} is not supported`)
  return name
}

/** A signed LEB128 of up to five bytes. */
function skipHeapType(reader: ByteReader): void {
  for (let length = 0; length < 5; length += 1) if (reader.u8() < 0x80) return
  throw new InvalidModule('malformed number')
}
