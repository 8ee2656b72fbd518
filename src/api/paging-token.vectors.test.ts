import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { decodePagingToken, encodePagingToken } from './paging-token.ts'

type Input =
  | { op: 'encode'; sortBy: string; reverse: boolean; limit: number; offset: number }
  | { op: 'decode'; token: string }

describeVectors('paging-token.json', (input: Input) => {
  if (input.op === 'encode') {
    const { sortBy, reverse, limit, offset } = input
    const token = encodePagingToken({ sortBy, isReversed: reverse, limit, position: { offset } })
    return { raw: `${sortBy}:${reverse ? 'Y' : 'N'}:${limit}:${offset}`, token }
  }
  const { sortBy, isReversed, limit, position } = decodePagingToken(input.token)
  return { sortBy, reverse: isReversed, limit, offset: 'offset' in position ? position.offset : undefined }
})

describe('our keyset position', () => {
  it('survives any id and any value [W41]', () => {
    for (const value of [1795485271313934723n, -1n, 'j-1:2.3', '']) {
      const token = { sortBy: 'id', isReversed: true, limit: 7, position: { value, id: 'a:b.c d%' } }
      expect(decodePagingToken(encodePagingToken(token))).toEqual(token)
    }
  })
})
