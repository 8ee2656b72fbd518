import { ByteReader, encodeU32 } from './byte-reader.ts'
import { InvalidModule } from './invalid-module.ts'

export type Section = { id: number; payload: Uint8Array }

export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
} as const

/** The order the format wants; each at most once. Custom sections stand anywhere. */
const order = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]
const magic = [0x00, 0x61, 0x73, 0x6d]
const version = [0x01, 0x00, 0x00, 0x00]
/** Components have a version of their own and, behind it, layer 1. */
const componentLayer = [0x01, 0x00]

/** Splits a module. The texts for a wrong start are those clients know. */
export function readSections(module: Uint8Array): Section[] {
  if (magic.some((byte, index) => module[index] !== byte)) throw new InvalidModule('invalid magic number')
  if (componentLayer.every((byte, index) => module[index + 6] === byte)) {
    throw new InvalidModule(
      'components (WASI preview 2) are not supported: build a module for WASI preview 1 (wasm32-wasi, wasm32-wasip1)',
    )
  }
  if (version.some((byte, index) => module[index + 4] !== byte)) throw new InvalidModule('invalid version header')
  const reader = new ByteReader(module)
  reader.take(8)
  const sections: Section[] = []
  let last = -1
  while (!reader.isAtEnd) {
    const start = reader.at
    const id = reader.u8()
    if (id !== sectionId.custom) {
      const rank = order.indexOf(id)
      if (rank <= last) throw new InvalidModule(rank < 0 ? `unknown section ${id}` : `unexpected section ${id}`)
      last = rank
    }
    sections.push({ id, payload: takePayload(reader, id, start) })
  }
  return sections
}

function takePayload(reader: ByteReader, id: number, start: number): Uint8Array {
  const lengthBytes = reader.u32()
  const restBytes = reader.bytes.length - reader.at
  if (lengthBytes <= restBytes) return reader.take(lengthBytes)
  throw new InvalidModule(
    `unexpected end of the module: section ${id} at byte ${start} has ${lengthBytes} bytes, of which ${restBytes} are there`,
  )
}

export function writeSections(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [Uint8Array.from([...magic, ...version])]
  for (const { id, payload } of sections) parts.push(Uint8Array.from([id, ...encodeU32(payload.length)]), payload)
  return Uint8Array.from(Buffer.concat(parts))
}

/** What a section holds; of one that is not there, an empty list. */
export const payloadOf = (sections: readonly Section[], id: number): Uint8Array =>
  sections.find((each) => each.id === id)?.payload ?? Uint8Array.of(0)

/** How many entries the list of a section has. */
export const countOf = (payload: Uint8Array): number => new ByteReader(payload).u32()

/** The sections with one more entry at the end of the list of one of them, which is made where it is not there. */
export function appendEntry(sections: readonly Section[], id: number, entry: readonly number[]): Section[] {
  const before = payloadOf(sections, id)
  const reader = new ByteReader(before)
  const count = encodeU32(reader.u32() + 1)
  const grown = {
    id,
    payload: Buffer.concat([Uint8Array.from(count), before.subarray(reader.at), Uint8Array.from(entry)]),
  }
  if (sections.some((each) => each.id === id)) return sections.map((each) => (each.id === id ? grown : each))
  const rank = order.indexOf(id)
  const next = sections.findIndex((each) => order.indexOf(each.id) > rank)
  return sections.toSpliced(next < 0 ? sections.length : next, 0, grown)
}
