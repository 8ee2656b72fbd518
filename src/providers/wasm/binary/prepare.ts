import { ByteReader, encodeName } from './byte-reader.ts'
import { type FunctionType, readTypes, readValueType } from './function-type.ts'
import { type ModuleImport, readImports } from './imports.ts'
import { InvalidModule } from './invalid-module.ts'
import { encodeLimits, type Limits, readMemoryLimits, readTableLimits } from './limits.ts'
import { appendEntry, payloadOf, readSections, type Section, sectionId, writeSections } from './sections.ts'
import { watchGrowth } from './watch-growth.ts'

/** A module as the runner compiles it. */
export type PreparedModule = {
  bytes: Uint8Array<ArrayBuffer>
  /** As its author wrote them; the memory added by us is not among them. */
  imports: readonly ModuleImport[]
  types: readonly FunctionType[]
  /** Index of the type of each function the module defines itself. */
  functionTypes: Uint8Array
  /** The memory it had defined itself; now it is imported under this name, so that each run decides how far it may grow. */
  ownMemory: { module: string; name: string; limits: Limits } | undefined
  /** The name of the exported global that holds the pages it was refused last; undefined = that is not known. */
  refusedPages: string | undefined
}

/** Entries all tables of a module may have together. */
const tableEntriesLimit = 1_000_000

/**
 * Turns the memory a module defines into one it imports, and bounds its tables. Then `memory.grow` and `table.grow`
 * fail inside the guest when the job's limit is reached, and one compiled module serves jobs of any limit. That it was refused
 * memory it writes down (watch-growth.ts).
 * Everything else stays as it is, byte for byte, and is checked by the compiler. Throws InvalidModule.
 */
export function prepareModule(module: Uint8Array): PreparedModule {
  const sections = readSections(module)
  const imports = readImports(payloadOf(sections, sectionId.import))
  const limits = readMemories(payloadOf(sections, sectionId.memory))
  const memories = [...imports.filter(({ kind }) => kind === 'memory'), ...limits]
  if (memories.length > 1) throw new InvalidModule('multiple memories are not supported')
  const own = limits[0]
  const ownMemory = own && { ...freeName(imports), limits: own }
  const types = readTypes(payloadOf(sections, sectionId.type))
  const count = (kind: ModuleImport['kind']) => imports.filter((each) => each.kind === kind).length
  const watched = watchGrowth(sections, { functions: count('function'), globals: count('global') })
  return {
    bytes: writeSections(rewritten(watched.sections, ownMemory)),
    imports,
    types,
    functionTypes: payloadOf(sections, sectionId.function),
    ownMemory,
    refusedPages: watched.refused,
  }
}

function rewritten(sections: readonly Section[], ownMemory: PreparedModule['ownMemory']): Section[] {
  const bounded = sections.map(({ id, payload }) => ({
    id,
    payload: id === sectionId.table ? boundedTables(payload) : payload,
  }))
  return ownMemory ? withMemoryImport(bounded, ownMemory) : bounded
}

function withMemoryImport(sections: readonly Section[], memory: NonNullable<PreparedModule['ownMemory']>): Section[] {
  const rest = sections.filter(({ id }) => id !== sectionId.memory)
  const entry = [...encodeName(memory.module), ...encodeName(memory.name), 2, ...encodeLimits(memory.limits)]
  return appendEntry(rest, sectionId.import, entry)
}

function readMemories(payload: Uint8Array): Limits[] {
  const reader = new ByteReader(payload)
  const memories: Limits[] = []
  for (let count = reader.u32(); count > 0; count -= 1) memories.push(readMemoryLimits(reader))
  if (!reader.isAtEnd) throw new InvalidModule('section size mismatch')
  return memories
}

function boundedTables(payload: Uint8Array): Uint8Array {
  const reader = new ByteReader(payload)
  const count = reader.u32()
  const share = Math.floor(tableEntriesLimit / Math.max(1, count))
  const parts: Uint8Array[] = [payload.subarray(0, reader.at)]
  let entries = 0
  for (let index = 0; index < count; index += 1) {
    const start = reader.at
    // 0x40 0x00 announces a table with an initial value behind its limits.
    const hasInitializer = reader.bytes[start] === 0x40
    if (hasInitializer) throw new InvalidModule('tables with an initial value are not supported')
    readValueType(reader)
    parts.push(payload.subarray(start, reader.at))
    const { min, max } = readTableLimits(reader)
    entries += min
    parts.push(
      Uint8Array.from(encodeLimits({ min, max: Math.min(max ?? Number.POSITIVE_INFINITY, Math.max(min, share)) })),
    )
  }
  if (entries > tableEntriesLimit) throw new InvalidModule(`tables of more than ${tableEntriesLimit} entries`)
  if (!reader.isAtEnd) throw new InvalidModule('section size mismatch')
  return Buffer.concat(parts)
}

/** A name for the memory that no import of the module has. */
function freeName(imports: readonly ModuleImport[]): { module: string; name: string } {
  const taken = new Set(imports.map(({ module }) => module))
  let module = 'runner'
  while (taken.has(module)) module += '_'
  return { module, name: 'memory' }
}
