import { ByteReader } from './byte-reader.ts'
import { readValueType } from './function-type.ts'
import { InvalidModule } from './invalid-module.ts'
import { type Limits, readMemoryLimits, readTableLimits } from './limits.ts'

/** One thing a module wants from outside. */
export type ModuleImport = { module: string; name: string } & (
  | { kind: 'function'; type: number }
  | { kind: 'memory'; limits: Limits }
  | { kind: 'table' | 'global' | 'tag' }
)

export function readImports(payload: Uint8Array): ModuleImport[] {
  const reader = new ByteReader(payload)
  const imports: ModuleImport[] = []
  for (let count = reader.u32(); count > 0; count -= 1) {
    const from = { module: reader.name(), name: reader.name() }
    imports.push({ ...from, ...readDescription(reader) })
  }
  return imports
}

type Description = ModuleImport extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'module' | 'name'>
    : never
  : never

function readDescription(reader: ByteReader): Description {
  const kind = reader.u8()
  if (kind === 0) return { kind: 'function', type: reader.u32() }
  if (kind === 2) return { kind: 'memory', limits: readMemoryLimits(reader) }
  if (kind === 1) {
    readValueType(reader)
    readTableLimits(reader)
    return { kind: 'table' }
  }
  if (kind === 3) {
    readValueType(reader)
    reader.u8()
    return { kind: 'global' }
  }
  if (kind !== 4) throw new InvalidModule('unknown kind of import')
  reader.u8()
  reader.u32()
  return { kind: 'tag' }
}
