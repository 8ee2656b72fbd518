import { ByteReader } from './byte-reader.ts'

/** What a module shows to the outside: `index` counts imports first, as the format does. */
export type ModuleExport = { name: string; kind: 'function' | 'other'; index: number }

export function readExports(payload: Uint8Array): ModuleExport[] {
  const reader = new ByteReader(payload)
  const exports: ModuleExport[] = []
  for (let count = reader.u32(); count > 0; count -= 1) {
    const name = reader.name()
    exports.push({ name, kind: reader.u8() === 0 ? 'function' : 'other', index: reader.u32() })
  }
  return exports
}
