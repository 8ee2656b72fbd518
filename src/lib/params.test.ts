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
})
