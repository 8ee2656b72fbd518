import type { ModuleImport } from '../binary/imports.ts'
import type { Limits } from '../binary/limits.ts'
import { hostFunctions, hostModules } from '../wasi/bind.ts'
import type { Guest } from '../wasi/guest.ts'
import { hostImportProblem } from '../wasi/import-problem.ts'
import type { Program, ProgramPart } from './load-program.ts'
import { shareMemory } from './memory-budget.ts'
import { ModuleProblem } from './module-problem.ts'
import type { SpareMemories } from './spare-memories.ts'

type Instances = Map<ProgramPart, WebAssembly.Instance>

/** Instantiates every part, which runs start sections, and returns the entry module's instance. */
export function instantiateProgram(
  program: Program,
  guest: Guest,
  memoryPages: number,
  spare: SpareMemories,
): WebAssembly.Instance {
  const make = memoryMaker(guest, spare)
  const budget = shareMemory(program, memoryPages)
  const instances: Instances = new Map()
  for (const part of program.parts) {
    try {
      instances.set(
        part,
        instantiate(part, instances, guest, (limits) => make(limits, budget.get(part) ?? 0)),
      )
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
  makeMemory: (limits: Limits) => WebAssembly.Memory,
): WebAssembly.Instance {
  const { ownMemory, imports, refusedPages } = part.module.prepared
  const memory = ownMemory && makeMemory(ownMemory.limits)
  const seen = memory ?? importedMemory(part, instances)
  const hostFunction = hostFunctions(guest, seen)
  const wanted: Record<string, Record<string, WebAssembly.ExportValue>> = {}
  for (const each of imports) {
    const isHosts = hostModules.has(each.module)
    if (isHosts) checkHostImport(part, each)
    const value = isHosts ? hostFunction(each.module, each.name) : exported(each, part, instances)
    if (value) (wanted[each.module] ??= {})[each.name] = value
  }
  if (memory) wanted[ownMemory.module] = { [ownMemory.name]: memory }
  const instance = new WebAssembly.Instance(part.module.compiled, wanted)
  const refused = refusedPages === undefined ? undefined : instance.exports[refusedPages]
  if (seen && refused instanceof WebAssembly.Global) guest.growths.push({ memory: seen, refused })
  return instance
}

const memoryMaker =
  ({ memories }: Guest, spare: SpareMemories) =>
  ({ min, max = Infinity }: Limits, limitPages: number): WebAssembly.Memory => {
    try {
      const memory = spare.take(min, Math.min(max, limitPages))
      memories.push({ memory, ...(limitPages < max ? { limitPages } : {}) })
      return memory
    } catch {
      throw new ModuleProblem(`memory of ${min} pages could not be allocated`, { class: 'resource' })
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
  const value = wanted && !hostModules.has(wanted.module) ? exported(wanted, part, instances) : undefined
  return value instanceof WebAssembly.Memory ? value : undefined
}

function checkHostImport({ module }: ProgramPart, wanted: ModuleImport): void {
  const problem = hostImportProblem(wanted, module.prepared.types)
  if (problem === undefined) return
  throw new ModuleProblem(
    problem === 'missing'
      ? `${JSON.stringify(wanted.name)} is not exported in module ${JSON.stringify(wanted.module)}`
      : `import func[${wanted.module}.${wanted.name}]: ${problem}`,
  )
}

const linkMessage = (error: Error): string => error.message.replace(/^WebAssembly\.Instance\(\): /, '')
