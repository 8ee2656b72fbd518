import type { FunctionType } from '../binary/function-type.ts'
import type { ModuleImport } from '../binary/imports.ts'
import { hostModules } from './bind.ts'

/** Why the host has not what a module wants from it: no such module or function, or one of another type. */
export function hostImportProblem(
  wanted: ModuleImport,
  types: readonly FunctionType[],
): 'missing' | 'signature mismatch' | undefined {
  const known = hostModules.get(wanted.module)?.get(wanted.name)
  if (wanted.kind !== 'function' || known === undefined) return 'missing'
  const type = types[wanted.type]
  const isSame = letters(type?.params) === known.params && letters(type?.results) === known.results
  return isSame ? undefined : 'signature mismatch'
}

const letters = (types: readonly string[] = []): string =>
  types.map((each) => ({ i32: 'i', i64: 'I' })[each] ?? '?').join('')
