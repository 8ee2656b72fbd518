import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { fnv1a32 } from './fnv.ts'

describe('FNV-1a', () => {
  it('gives the published values', () => {
    expect(fnv1a32('')).toBe(0x811c9dc5)
    expect(fnv1a32('a')).toBe(0xe40c292c)
    expect(fnv1a32('foobar')).toBe(0xbf9cf968)
  })
})

describeVectors('fnv1a32.json', fnv1a32)
