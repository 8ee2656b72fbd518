import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { shortId } from './short-id.ts'

describe('short ids', () => {
  it('keep the letter and the first eight digits', () => {
    expect(shortId('j-1a2b3c4d-0000-4000-8000-000000000000')).toBe('j-1a2b3c4d')
    expect(shortId('1a2b3c4d-0000-4000-8000-000000000000')).toBe('1a2b3c4d')
  })

  it('leave names as they are', () => {
    expect(shortId('edge-1')).toBe('edge-1')
    expect(shortId('j-1a2b3c4d-0000-4000-8000-000000000000\n')).toBe('j-1a2b3c4d-0000-4000-8000-000000000000\n')
  })
})

describeVectors('short-ids.json', shortId, {
  isSame: (actual, expected) => actual === (expected as { node: string }).node,
})
