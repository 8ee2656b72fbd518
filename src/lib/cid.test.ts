import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { isCid } from './cid.ts'

describeVectors(
  'cid-parse.json',
  (text: string) => {
    if (!isCid(text)) throw new Error('no cid')
    return true
  },
  { isSame: () => true, errors: 'any' },
)

describe('a content id', () => {
  it('is told from the name of a file', () => {
    expect(isCid('QmeZRGhe4PmjctYVSVHuEiA9oSXnqmYa4kQubSHgWbjv72')).toBe(true)
    for (const name of ['', 'hello.wasm', './Qm', 'main', 'k', '\0'.repeat(600)]) expect(isCid(name), name).toBe(false)
  })
})
