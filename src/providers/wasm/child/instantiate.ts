import type { ModuleImport } from '../binary/imports.ts'
import { bindWasi, wasiModule } from '../wasi/bind.ts'
import type { Guest } from '../wasi/guest.ts'
import { wasiImportProblem } from '../wasi/import-problem.ts'
import type { Program, ProgramPart } from './load-program.ts'
import { shareMemory } from './memory-budget.ts'
import { ModuleProblem } from './module-problem.ts'

type Instances = Map<ProgramPart, WebAssembly.Instance>

/** Instantiates every part, which runs start sections, and returns the entry module's instance. */
export function instantiateProgram(program: Program, guest: Guest, memoryPages: number): WebAssembly.Instance {
  const budget = shareMemory(program, memoryPages)
  const instances: Instances = new Map()
  for (const part of program.parts) {
    try {
      instances.set(part, instantiate(part, instances, guest, budget.get(part) ?? 0))
    } catch (error) {
      if (!(error instanceof WebAssembly.LinkError)) throw error
      throw new ModuleProblem(linkMessage(error))
    }
  }
  return instances.get(program.entry) as WebAssembly.Instance
}

function instantiate(
  part: ProgramPart,
  instances: Instances,
  guest: Guest,
  maximumPages: number,
): WebAssembly.Instance {
  const { ownMemory, imports } = part.module.prepared
  const memory =
    ownMemory && makeMemory(ownMemory.limits.min, Math.min(ownMemory.limits.max ?? maximumPages, maximumPages))
  if (memory) guest.memories.push(memory)
  const wanted: Record<string, Record<string, WebAssembly.ExportValue>> = {}
  for (const each of imports) {
    if (each.module === wasiModule) checkWasiImport(part, each)
    else (wanted[each.module] ??= {})[each.name] = exported(each, part, instances)
  }
  if (memory) wanted[ownMemory.module] = { [ownMemory.name]: memory }
  const wasiNames = imports.filter(({ module }) => module === wasiModule).map(({ name }) => name)
  const seen = memory ?? importedMemory(part, instances)
  if (wasiNames.length > 0) wanted[wasiModule] = bindWasi(guest, seen, new Set(wasiNames))
  return new WebAssembly.Instance(part.module.compiled, wanted)
}

function makeMemory(initial: number, maximum: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial, maximum })
  } catch {
    throw new ModuleProblem(`memory of ${initial} pages could not be allocated`, 'resource')
  }
}

function exported(wanted: ModuleImport, part: ProgramPart, instances: Instances): WebAssembly.ExportValue {
  const source = part.sources.get(wanted.module)
  const value = source && instances.get(source)?.exports[wanted.name]
  if (value !== undefined) return value
  throw new ModuleProblem(`${JSON.stringify(wanted.name)} is not exported in module ${JSON.stringify(wanted.module)}`)
}

function importedMemory(part: ProgramPart, instances: Instances): WebAssembly.Memory | undefined {
  const wanted = part.module.prepared.imports.find(({ kind }) => kind === 'memory')
  const value = wanted && wanted.module !== wasiModule ? exported(wanted, part, instances) : undefined
  return value instanceof WebAssembly.Memory ? value : undefined
}

function checkWasiImport({ module }: ProgramPart, wanted: ModuleImport): void {
  const problem = wasiImportProblem(wanted, module.prepared.types)
  if (problem === undefined) return
  throw new ModuleProblem(
    problem === 'missing'
      ? `${JSON.stringify(wanted.name)} is not exported in module ${JSON.stringify(wasiModule)}`
      : `import func[${wasiModule}.${wanted.name}]: ${problem}`,
  )
}

const linkMessage = (error: Error): string => error.message.replace(/^WebAssembly\.Instance\(\): /, '')
