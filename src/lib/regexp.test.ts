import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../test/kit/vectors.ts'
import { byteLength } from './go/byte-text.ts'
import { compileRegexp } from './regexp.ts'

describe('regular expressions', () => {
  it('find the leftmost match and its groups', () => {
    expect(compileRegexp('(a)|(b)').find('xb')).toEqual(Object.assign(['b', undefined, 'b'], { index: 1 }))
    expect(compileRegexp('^a$').find('ab')).toBeUndefined()
  })

  it('may give several groups one name', () => {
    const groups = compileRegexp('[(?P<n>]\\(?P<n>(?P<n>a)(?P<n>b)').find('<P<n>ab')
    expect(groups?.slice(1)).toEqual(['a', 'b'])
  })

  it('stay linear where others explode', () => {
    expect(compileRegexp('(a*)*b').isIn('a'.repeat(5000))).toBe(false)
  })

  it.each([
    ['(', 'missing closing ): `(`'],
    ['\\', 'trailing backslash at end of expression: ``'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['a\udcff', 'invalid UTF-8: `a\udcff`'],
  ])('refuse %j in the words of Go', (pattern, message) => {
    expect(() => compileRegexp(pattern)).toThrow(`error parsing regexp: ${message}`)
  })
})

describeVectors('regexp.json', ({ pattern, text }: { pattern: string; text: string }) => {
  const found = compileRegexp(pattern).find(text)
  if (found === undefined) return null
  return { groups: found.map((group) => group ?? ''), index: byteLength(text.slice(0, found.index)) }
})
