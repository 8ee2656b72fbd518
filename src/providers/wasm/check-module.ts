import { readExports } from './binary/exports.ts'
import { InvalidModule } from './binary/invalid-module.ts'
import { readSections, sectionId } from './binary/sections.ts'
import { type LoadedModule, ModuleStore } from './child/module-store.ts'
import { typeOfFunction } from './child/trap-text.ts'
import { hostImportProblem } from './wasi/import-problem.ts'

/**
 * Why a module could not be run as the only one of a job: it is not WebAssembly, wants what WASI has not, or has no
 * such entry point without parameters and results. Undefined when it can.
 */
export function moduleProblem(bytes: Uint8Array, entrypoint: string): string | undefined {
  try {
    const module = new ModuleStore().load(bytes)
    return importProblem(module) ?? entryProblem(module, bytes, entrypoint)
  } catch (error) {
    if (error instanceof InvalidModule) return error.message
    throw error
  }
}

function importProblem({ prepared }: LoadedModule): string | undefined {
  for (const wanted of prepared.imports) {
    const problem = hostImportProblem(wanted, prepared.types)
    const name = `'${wanted.module}::${wanted.name}'`
    if (problem === 'missing') return `no export found for ${name} required by module`
    if (problem !== undefined) return `import ${name}: ${problem}`
  }
  return undefined
}

function entryProblem(module: LoadedModule, bytes: Uint8Array, entrypoint: string): string | undefined {
  const section = readSections(bytes).find(({ id }) => id === sectionId.export)
  const entry = section && readExports(section.payload).find(({ name }) => name === entrypoint)
  if (entry?.kind !== 'function') return `function '${entrypoint}' required but no WASM export with that name was found`
  const type = typeOfFunction(module, entry.index)
  if (type?.params.length !== 0) return `function '${entrypoint}' should take 0 parameters`
  return type.results.length === 0 ? undefined : `function '${entrypoint}' should return 0 results`
}
