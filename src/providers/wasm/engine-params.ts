import { Fault } from '#lib/fault.ts'
import { decodeParams, kindOf } from '#lib/params.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'

export const wasmType = 'wasm'

/** A module: brought by the engine itself, or the path of one of the task's inputs (form of newer clients). */
export type ModuleSource = InputSource | string

export type WasmParams = {
  entryModule: ModuleSource
  /** Exported function without parameters. */
  entrypoint: string
  parameters: readonly string[]
  environment: Readonly<Record<string, string>>
  importModules: readonly ModuleSource[]
  /** Present = fixed clock and seeded random (ours: `Deterministic`, `Seed`). */
  seed?: bigint
}

const fields = {
  EntryModule: 'any',
  EntryPoint: 'string',
  Parameters: '[]string',
  EnvironmentVariables: 'map[string]string',
  ImportModules: 'any',
  Deterministic: 'bool',
  Seed: 'int64',
} as const

const sourceFields = { Source: 'any', Alias: 'string', Target: 'string' } as const
const specFields = { Type: 'string', Params: 'any' } as const

const defaultEntrypoint = '_start'

/** Parameters of engine `wasm`, checked. Throws a Fault ValidationError with the texts clients know. */
export function decodeWasmParams(engine: SpecConfig): WasmParams {
  if (engine.Type.toLowerCase() !== wasmType) {
    throw invalid(`invalid wasm engine type. expected ${wasmType}, but received: ${engine.Type}`)
  }
  if (engine.Params === undefined || engine.Params === null) {
    throw invalid('invalid wasm engine params. cannot be nil')
  }
  const params = decodeParams(withoutForeign(engine.Params), 'EngineSpec', fields)
  const entryModule = moduleSource(params.EntryModule, 'EntryModule')
  if (entryModule === undefined) throw invalid('invalid wasm engine entry module. cannot be nil')
  const environment = params.EnvironmentVariables ?? {}
  checkEnvironment(environment)
  return {
    entryModule,
    entrypoint: params.EntryPoint || defaultEntrypoint,
    parameters: params.Parameters ?? [],
    environment,
    importModules: importSources(params.ImportModules),
    ...(params.Deterministic ? { seed: params.Seed ?? 0n } : {}),
  }
}

/** The form with paths has no field for variables, so whatever stands there is not an error. */
function withoutForeign(params: Record<string, unknown>): Record<string, unknown> {
  const isPathForm = Object.entries(params).some(
    ([key, value]) => isKey(key, 'EntryModule') && typeof value === 'string',
  )
  if (!isPathForm) return params
  const isForeign = (key: string, value: unknown): boolean =>
    isKey(key, 'EnvironmentVariables') && (typeof value !== 'object' || Array.isArray(value))
  return Object.fromEntries(Object.entries(params).filter(([key, value]) => !isForeign(key, value)))
}

const isKey = (key: string, name: string): boolean => key.toLowerCase() === name.toLowerCase()

function importSources(value: unknown): ModuleSource[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw wrongKind(value, 'EngineSpec.ImportModules', '[]*models.InputSource')
  const sources = value.map((each) => {
    const source = moduleSource(each, 'ImportModules')
    if (source === undefined) throw invalid('invalid wasm engine import module. source cannot be nil')
    return source
  })
  const aliases = sources.map((source) => (typeof source === 'string' ? '' : source.Alias))
  const twice = aliases.find((alias, at) => alias !== '' && aliases.indexOf(alias) < at)
  if (twice) throw invalid(`invalid wasm engine param: two import modules have the alias '${twice}'`)
  return sources
}

function moduleSource(value: unknown, field: string): ModuleSource | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  const path = `EngineSpec.${field}`
  if (!isObject(value)) throw wrongKind(value, path, 'models.InputSource')
  const { Source, Alias, Target } = decodeParams(value, path, sourceFields)
  if (Source === undefined) throw invalid(`invalid wasm engine ${nounOf(field)}. source cannot be nil`)
  return { Source: specConfig(Source, `${path}.Source`), Alias: Alias ?? '', Target: Target ?? '' }
}

function specConfig(value: unknown, path: string): SpecConfig {
  if (!isObject(value)) throw wrongKind(value, path, 'models.SpecConfig')
  const { Type, Params } = decodeParams(value, path, specFields)
  if (Params !== undefined && !isObject(Params)) throw wrongKind(Params, `${path}.Params`, 'map[string]interface {}')
  return { Type: Type ?? '', ...(Params === undefined ? {} : { Params }) }
}

/** What the system tells a program about itself cannot be overridden. */
function checkEnvironment(environment: Record<string, string>): void {
  const reserved = 'BACALHAU_'
  const taken = Object.keys(environment).find((name) => name.toUpperCase().startsWith(reserved))
  if (taken) throw invalid(`invalid wasm engine param: environment variable '${taken}' cannot start with ${reserved}`)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const nounOf = (field: string): string => (field === 'EntryModule' ? 'entry module' : 'import module')

const wrongKind = (value: unknown, path: string, type: string): Fault =>
  invalid(`json: cannot unmarshal ${kindOf(value)} into Go struct field ${path} of type ${type}`)

const invalid = (message: string): Fault =>
  new Fault('ValidationError', message, { component: 'WASM', details: { FailureClass: 'user' } })
