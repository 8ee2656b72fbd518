import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { formatPagingToken, parsePagingToken } from './paging-token.ts'

describe('paging tokens', () => {
  it('read back what was written', () => {
    const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    const sortBy = fc.string().filter((text) => !text.includes(':'))
    fc.assert(
      fc.property(fc.record({ sortBy, isReverse: fc.boolean(), limit: uint32, offset: uint32 }), (token) => {
        expect(parsePagingToken(formatPagingToken(token))).toEqual(token)
      }),
      { seed: 1 },
    )
  })

  it('are refused when they are none', () => {
    expect(() => parsePagingToken('%')).toThrow('failed to decode paging token: invalid paging token: %')
    expect(() => parsePagingToken('abc')).toThrow('invalid number of parts: invalid paging token: abc')
  })
})

type Fields = { op: string; token: string; sortBy: string; reverse: boolean; limit: number; offset: number }

describeVectors('paging-token.json', ({ op, token, reverse, ...rest }: Fields) => {
  if (op === 'encode') {
    const text = formatPagingToken({ ...rest, isReverse: reverse })
    return { token: text, raw: Buffer.from(text, 'base64url').toString() }
  }
  const { isReverse, ...fields } = parsePagingToken(token)
  return { ...fields, reverse: isReverse }
})
