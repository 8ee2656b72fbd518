import type { ByteReader } from './byte-reader.ts'
import { readValueType } from './function-type.ts'
import { InvalidModule } from './invalid-module.ts'

type Skip = (reader: ByteReader) => void

const number: Skip = (reader) => {
  // Signed or not, of 32 or 64 bits: it ends with its first byte below 0x80.
  for (let length = 0; length < 10; length += 1) if (reader.u8() < 0x80) return
  throw new InvalidModule('malformed number')
}
const bytes =
  (count: number): Skip =>
  (reader) =>
    void reader.take(count)
const all =
  (...skips: Skip[]): Skip =>
  (reader) => {
    for (const skip of skips) skip(reader)
  }
const listOf =
  (skip: Skip): Skip =>
  (reader) => {
    for (let count = reader.u32(); count > 0; count -= 1) skip(reader)
  }
const nothing: Skip = () => {}
const two = all(number, number)
const place = two
const reference: Skip = (reader) => void readValueType(reader)
const catchClause: Skip = (reader) => (reader.u8() < 2 ? two : number)(reader)
/** An empty type, a value type, or the number of a type. */
const blockType: Skip = (reader) => {
  const first = reader.bytes[reader.at]
  if (first === 0x63 || first === 0x64) reference(reader)
  else number(reader)
}

const range = (from: number, to: number, skip: Skip): [number, Skip][] =>
  Array.from({ length: to - from + 1 }, (_, index) => [from + index, skip])

/** What stands behind each instruction; those that are not here are not known. */
const plain = new Map<number, Skip>([
  ...range(0x00, 0x01, nothing),
  ...range(0x02, 0x04, blockType),
  [0x05, nothing],
  [0x06, blockType],
  ...range(0x07, 0x09, number),
  ...range(0x0a, 0x0b, nothing),
  ...range(0x0c, 0x0d, number),
  [0x0e, all(listOf(number), number)],
  [0x0f, nothing],
  [0x10, number],
  [0x11, two],
  [0x12, number],
  [0x13, two],
  ...range(0x14, 0x15, number),
  [0x18, number],
  ...range(0x19, 0x1b, nothing),
  [0x1c, listOf(reference)],
  [0x1f, all(blockType, listOf(catchClause))],
  ...range(0x20, 0x26, number),
  ...range(0x28, 0x3e, place),
  ...range(0x3f, 0x42, number),
  [0x43, bytes(4)],
  [0x44, bytes(8)],
  ...range(0x45, 0xc4, nothing),
  [0xd0, number],
  [0xd1, nothing],
  [0xd2, number],
  ...range(0xd3, 0xd4, nothing),
  ...range(0xd5, 0xd6, number),
])
const bulk = new Map<number, Skip>([
  ...range(0, 7, nothing),
  [8, two],
  [9, number],
  [10, two],
  [11, number],
  [12, two],
  [13, number],
  [14, two],
  ...range(15, 17, number),
])
const vector = new Map<number, Skip>([
  ...range(0, 11, place),
  ...range(12, 13, bytes(16)),
  ...range(14, 20, nothing),
  ...range(21, 34, bytes(1)),
  ...range(35, 83, nothing),
  ...range(84, 91, all(place, bytes(1))),
  ...range(92, 93, place),
  ...range(94, 275, nothing),
])

/** Passes over one instruction and gives its first byte. Throws InvalidModule for one that is not known. */
export function passInstruction(reader: ByteReader): number {
  const code = reader.u8()
  const skip = code === 0xfc ? bulk.get(reader.u32()) : code === 0xfd ? vector.get(reader.u32()) : plain.get(code)
  if (skip === undefined) throw new InvalidModule(`instruction 0x${code.toString(16)} is not supported`)
  skip(reader)
  return code
}
