import { describe, expect, it } from 'vitest'
import { decodeParams } from './params.ts'

const fields = { Image: 'string', Entrypoint: '[]string', ReadWrite: 'bool' } as const

describe('decodeParams', () => {
  it('compares keys without case and ignores what it does not know', () => {
    expect(decodeParams({ IMAGE: 'u', entryPoint: ['a'], Extra: 1 }, 'EngineSpec', fields)).toEqual({
      Image: 'u',
      Entrypoint: ['a'],
    })
  })

  it('takes null for absent, and a null element for an empty one', () => {
    expect(decodeParams({ Image: null, Entrypoint: ['a', null] }, 'S', fields)).toEqual({ Entrypoint: ['a', ''] })
  })

  it('names the first wrong kind in the order of the sorted keys', () => {
    const decode = (params: Record<string, unknown>) => () => decodeParams(params, 'S', fields)
    expect(decode({ ReadWrite: 'true', Image: 5 })).toThrow(
      'json: cannot unmarshal number into Go struct field S.Image of type string',
    )
    expect(decode({ Entrypoint: 'sh' })).toThrow(
      'json: cannot unmarshal string into Go struct field S.Entrypoint of type []string',
    )
    expect(decode({ Entrypoint: [{}] })).toThrow(
      'json: cannot unmarshal object into Go struct field S.Entrypoint of type string',
    )
    expect(decode({ ReadWrite: (JSON as any).rawJSON('1') })).toThrow('cannot unmarshal number')
  })

  it('reads maps of text and whole numbers, also as the text they were written in', () => {
    const kinds = { Env: 'map[string]string', Seed: 'int64', Free: 'any' } as const
    const raw = (JSON as any).rawJSON('9007199254740993')
    expect(decodeParams({ env: { A: 'b', C: null }, seed: raw, free: [1] }, 'S', kinds)).toEqual({
      Env: { A: 'b', C: '' },
      Seed: 9007199254740993n,
      Free: [1],
    })
    expect(decodeParams({ Seed: 2n ** 63n - 1n }, 'S', kinds)).toEqual({ Seed: 2n ** 63n - 1n })
    const decode = (params: Record<string, unknown>) => () => decodeParams(params, 'S', kinds)
    expect(decode({ Env: ['A=b'] })).toThrow(
      'cannot unmarshal array into Go struct field S.Env of type map[string]string',
    )
    expect(decode({ Env: { A: 1 } })).toThrow('cannot unmarshal number into Go struct field S.Env of type string')
    expect(decode({ Seed: 2n ** 63n })).toThrow(
      'cannot unmarshal number 9223372036854775808 into Go struct field S.Seed',
    )
    expect(decode({ Seed: 1.5 })).toThrow('cannot unmarshal number 1.5 into Go struct field S.Seed of type int64')
  })
})
