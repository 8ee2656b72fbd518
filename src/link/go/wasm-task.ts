import { type ClientVersion, since } from '#api/client-version.ts'
import { decodeParams } from '#lib/params.ts'
import type { InputSource, Task } from '#models/task.ts'
import { isRecord } from './checked.ts'

const fields = {
  EntryModule: 'any',
  EntryPoint: 'string',
  Parameters: '[]string',
  EnvironmentVariables: 'any',
  ImportModules: 'any',
} as const

/**
 * A task of the wasm engine as a Go node of this version reads it. Up to 1.6 the engine brings its modules as sources of
 * its own; since 1.7 they are inputs, which the engine names by their target. Jobs come in either form.
 */
export function wasmTaskFor(task: Task, version: ClientVersion): Task {
  try {
    return version >= since.v1_7 ? withModulesAsInputs(task) : withModulesAsSources(task)
  } catch {
    // Parameters of a wrong kind: the node says so in its own words, and its other orders are not held up.
    return task
  }
}

function withModulesAsInputs(task: Task): Task {
  const { EntryModule, EntryPoint, EnvironmentVariables, ImportModules, Parameters = [] } = paramsOf(task)
  const brought: InputSource[] = []
  const targetOf = (module: unknown, otherwise: string): unknown => {
    if (!isRecord(module)) return module
    const input = { ...(module as InputSource), Target: module.Target || otherwise }
    brought.push(input)
    return input.Target
  }
  const Params = {
    EntryModule: targetOf(EntryModule, '/main.wasm'),
    // Those nodes know no default.
    Entrypoint: EntryPoint || '_start',
    Parameters,
    ImportModules: listOf(ImportModules).map((each) => targetOf(each, isRecord(each) ? each.Alias : '')),
  }
  return {
    ...task,
    Engine: { Type: task.Engine.Type, Params },
    Env: { ...task.Env, ...variablesOf(EnvironmentVariables) },
    InputSources: [...task.InputSources, ...brought],
  }
}

/** Those nodes show a program only the variables of its engine. */
function withModulesAsSources(task: Task): Task {
  const { EntryModule, EnvironmentVariables, ImportModules, ...others } = paramsOf(task)
  const sourceOf = (module: unknown): unknown =>
    typeof module === 'string' ? (task.InputSources.find(({ Target }) => Target === module) ?? module) : module
  const Params = {
    ...others,
    EntryModule: sourceOf(EntryModule),
    EnvironmentVariables: { ...task.Env, ...variablesOf(EnvironmentVariables) },
    ImportModules: listOf(ImportModules).map(sourceOf),
  }
  return { ...task, Engine: { Type: task.Engine.Type, Params } }
}

const paramsOf = ({ Engine }: Task) => decodeParams(Engine.Params ?? {}, 'EngineSpec', fields)
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const variablesOf = (value: unknown): Record<string, string> =>
  isRecord(value) ? (value as Record<string, string>) : {}
