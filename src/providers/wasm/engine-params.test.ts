import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { describeVectors, type VectorCase } from '../../../test/kit/vectors.ts'
import { decodeWasmParams, type ModuleSource, type WasmParams } from './engine-params.ts'

const module = { Source: { Type: 'inline', Params: { URL: 'data:,x' } }, Alias: 'mod', Target: '/mod.wasm' }
const decode = (params: Record<string, unknown>): WasmParams => decodeWasmParams({ Type: 'wasm', Params: params })
const refusal = (params: Record<string, unknown>): string => {
  try {
    decode(params)
  } catch (error) {
    expect((error as Fault).code).toBe('ValidationError')
    return (error as Fault).message
  }
  return 'accepted'
}

describe('parameters of engine wasm', () => {
  it('are read in the form of sources [R163] [R165] [R166] [R167] [R168]', () => {
    const params = {
      EntryModule: module,
      Entrypoint: 'run',
      Parameters: ['a', 'b'],
      EnvironmentVariables: { A: '1' },
      ImportModules: [{ ...module, Alias: 'lib' }],
    }
    expect(decode(params)).toEqual({
      entryModule: module,
      entrypoint: 'run',
      parameters: ['a', 'b'],
      environment: { A: '1' },
      importModules: [{ ...module, Alias: 'lib' }],
    })
  })

  it('are read in the form of paths', () => {
    const params = { EntryModule: '/main.wasm', ImportModules: ['/lib.wasm'], EnvironmentVariables: { A: '1' } }
    expect(decode(params)).toMatchObject({
      entryModule: '/main.wasm',
      importModules: ['/lib.wasm'],
      environment: { A: '1' },
    })
  })

  it('call `_start` when no entry point is named [R164]', () => {
    expect(decode({ EntryModule: module }).entrypoint).toBe('_start')
    expect(decode({ EntryModule: module, EntryPoint: 'run' }).entrypoint).toBe('run')
  })

  it('ask for a repeatable run, with a seed or without', () => {
    expect(decode({ EntryModule: module, Deterministic: true }).seed).toBe(0n)
    expect(decode({ EntryModule: module, deterministic: true, seed: -5 }).seed).toBe(-5n)
    expect(decode({ EntryModule: module, Seed: 5 }).seed).toBeUndefined()
    expect(decode({ EntryModule: module, Deterministic: true, Seed: 2n ** 62n }).seed).toBe(2n ** 62n)
    expect(refusal({ EntryModule: 2n ** 62n })).toContain('cannot unmarshal number into Go struct field')
    expect(refusal({ EntryModule: module, Seed: 'x' })).toContain('cannot unmarshal string into Go struct field')
  })

  it('are refused with a clear word', () => {
    expect(refusal({ EntryModule: {} })).toBe('invalid wasm engine entry module. source cannot be nil')
    expect(refusal({ EntryModule: module, ImportModules: [{}] })).toContain('import module. source cannot be nil')
    expect(refusal({ EntryModule: module, ImportModules: 'x' })).toContain('EngineSpec.ImportModules')
    const lib = { ...module, Alias: 'lib' }
    expect(refusal({ EntryModule: module, ImportModules: [lib, { ...lib, Alias: '' }, lib] })).toBe(
      "invalid wasm engine param: two import modules have the alias 'lib'",
    )
    expect(refusal({ EntryModule: { Source: 'inline' } })).toContain('EngineSpec.EntryModule.Source')
    expect(refusal({ EntryModule: module, EnvironmentVariables: { bacalhau_JOB: '1' } })).toContain(
      "environment variable 'bacalhau_JOB' cannot start with BACALHAU_",
    )
  })
})

const isForWasm = ({ in: input }: VectorCase): boolean => input.op === 'wasm'
const isPathForm = ({ in: input }: VectorCase): boolean => /"entrymodule":\s*"/i.test(input.params)
const decodeVector = ({ type, params }: { type: string; params: string }): unknown => {
  const spec = { Type: type, Params: JSON.parse(params) as Record<string, unknown> | null } as SpecConfig
  return asRecorded(decodeWasmParams(spec), JSON.parse(params))
}

/** The shape of the recordings: what was not given is not there; each form has its own spelling of the entry point. */
function asRecorded(params: WasmParams, given: Record<string, unknown>): unknown {
  const isPath = typeof params.entryModule === 'string'
  const isGiven = Object.keys(given).some((key) => key.toLowerCase() === 'entrypoint')
  const source = (each: ModuleSource): ModuleSource => each
  return {
    EntryModule: source(params.entryModule),
    ...(isGiven ? { [isPath ? 'Entrypoint' : 'EntryPoint']: params.entrypoint } : {}),
    ...(params.parameters.length > 0 ? { Parameters: params.parameters } : {}),
    ...(params.importModules.length > 0 ? { ImportModules: params.importModules.map(source) } : {}),
  }
}

describe('against the older version', () => {
  const skip = (vector: VectorCase): boolean => !isForWasm(vector) || isPathForm(vector)
  describeVectors('engine-spec.json', decodeVector, { versions: ['v1.4.0'], skip })
})

describe('against the newer version, in its own form', () => {
  const skip = (vector: VectorCase): boolean => !isForWasm(vector) || !isPathForm(vector)
  describeVectors('engine-spec.json', decodeVector, { versions: ['v1.9.3'], skip })
})
