import { ByteReader, encodeName, encodeU32 } from './byte-reader.ts'
import { readValueType } from './function-type.ts'
import { passInstruction } from './instructions.ts'
import { InvalidModule } from './invalid-module.ts'
import { appendEntry, countOf, payloadOf, type Section, sectionId } from './sections.ts'

const memoryGrow = 0x40
const growBytes = Buffer.from([memoryGrow, 0])

export type WatchedGrowth = {
  sections: Section[]
  /** The export that holds the pages of the last `memory.grow`, if that was refused: an i32 that is 0 otherwise. Undefined = the module never grows its memory, or in a way that is not known. */
  refused: string | undefined
}

/**
 * Lets a module write down that it was refused memory, which nobody else sees: each `memory.grow` becomes a call of a function
 * behind all others that does it and keeps the answer in a global behind all others. So no number of the module changes.
 */
export function watchGrowth(
  sections: readonly Section[],
  imported: { functions: number; globals: number },
): WatchedGrowth {
  const code = payloadOf(sections, sectionId.code)
  const grower = imported.functions + countOf(payloadOf(sections, sectionId.function))
  const changed = callInstead(code, grower)
  if (changed === undefined) return { sections: [...sections], refused: undefined }
  const type = countOf(payloadOf(sections, sectionId.type))
  const kept = imported.globals + countOf(payloadOf(sections, sectionId.global))
  const refused = freeExport(payloadOf(sections, sectionId.export))
  const withCode = sections.map((each) => (each.id === sectionId.code ? { id: each.id, payload: changed } : each))
  const added: [id: number, entry: number[]][] = [
    [sectionId.type, [0x60, 1, i32, 1, i32]],
    [sectionId.function, encodeU32(type)],
    [sectionId.global, [i32, isMutable, i32Const, 0, end]],
    [sectionId.export, [...encodeName(refused), exportsGlobal, ...encodeU32(kept)]],
    [sectionId.code, growerBody(kept)],
  ]
  return { sections: added.reduce<Section[]>((all, [id, entry]) => appendEntry(all, id, entry), withCode), refused }
}

const [i32, isMutable, exportsGlobal] = [0x7f, 1, 3]
const [i32Const, localGet, localSet, globalSet, call, equal, select, end] = [
  0x41, 0x20, 0x21, 0x24, 0x10, 0x46, 0x1b, 0x0b,
]
const minusOne = 0x7f

/** `(pages) -> answer`, with a local for the answer. */
function growerBody(kept: number): number[] {
  const body = [
    ...[1, 1, i32],
    ...[localGet, 0, memoryGrow, 0, localSet, 1],
    ...[localGet, 0, i32Const, 0, localGet, 1, i32Const, minusOne, equal, select],
    ...[globalSet, ...encodeU32(kept), localGet, 1, end],
  ]
  return [...encodeU32(body.length), ...body]
}

/** The code with calls of `grower` where it grows the memory; undefined when it does nowhere. */
function callInstead(code: Uint8Array, grower: number): Uint8Array | undefined {
  if (Buffer.from(code.buffer, code.byteOffset, code.length).indexOf(growBytes) < 0) return undefined
  const replacement = Uint8Array.from([call, ...encodeU32(grower)])
  const bodies = bodiesOf(code)
  const changed = bodies.map((body) => {
    const pieces = cutAtGrowth(body)
    return pieces.length > 1
      ? Buffer.concat(pieces.flatMap((piece, at) => (at > 0 ? [replacement, piece] : [piece])))
      : body
  })
  if (changed.every((body, index) => body === bodies[index])) return undefined
  const listed = changed.flatMap((body) => [Uint8Array.from(encodeU32(body.length)), body])
  return Buffer.concat([Uint8Array.from(encodeU32(changed.length)), ...listed])
}

function bodiesOf(code: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(code)
  const bodies: Uint8Array[] = []
  for (let count = reader.u32(); count > 0; count -= 1) bodies.push(reader.take(reader.u32()))
  if (!reader.isAtEnd) throw new InvalidModule('section size mismatch')
  return bodies
}

/** What stands between those places of a function where it grows the memory. A function with instructions that are not known stays whole. */
function cutAtGrowth(body: Uint8Array): Uint8Array[] {
  if (Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(growBytes) < 0) return [body]
  try {
    return cut(body)
  } catch (error) {
    if (error instanceof InvalidModule) return [body]
    throw error
  }
}

function cut(body: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(body)
  for (let groups = reader.u32(); groups > 0; groups -= 1) {
    reader.u32()
    readValueType(reader)
  }
  const pieces: Uint8Array[] = []
  let from = 0
  while (!reader.isAtEnd) {
    const at = reader.at
    if (passInstruction(reader) !== memoryGrow) continue
    pieces.push(body.subarray(from, at))
    from = reader.at
  }
  return [...pieces, body.subarray(from)]
}

/** A name that nothing of the module is exported under. */
function freeExport(payload: Uint8Array): string {
  const text = Buffer.from(payload).toString('latin1')
  let name = 'refused pages'
  while (text.includes(name)) name += '_'
  return name
}
