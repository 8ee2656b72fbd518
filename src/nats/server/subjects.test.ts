import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPattern, isSubject, matches } from './subjects.ts'

const literal = fc.constantFrom('a', 'b', 'c')
const pattern = fc
  .tuple(fc.array(fc.oneof(literal, fc.constant('*')), { maxLength: 3 }), fc.boolean())
  .filter(([tokens, isOpen]) => isOpen || tokens.length > 0)
  .map(([tokens, isOpen]) => [...tokens, ...(isOpen ? ['>'] : [])].join('.'))
const allSubjects = (length: number): string[] =>
  length === 0
    ? []
    : ['a', 'b', 'c', 'd'].flatMap((head) => [head, ...allSubjects(length - 1).map((tail) => `${head}.${tail}`)])
const universe = allSubjects(5)

describe('subjects', () => {
  it.each([
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.b.d', false],
    ['a.*', 'a', false],
    ['a.>', 'a', false],
    ['a.>', 'a.b.c', true],
    ['a', 'a.b', false],
    ['a.*', 'a.>', false],
    ['a.>', 'a.*.b', true],
    ['a.b*', 'a.b*', true],
    ['a.b*', 'a.bc', false],
    ['*.>c', 'a.>c', true],
  ])('%s and %s', (pattern, subject, isMatch) => {
    expect(matches(pattern, subject)).toBe(isMatch)
  })

  it('a pattern matches another one when, and only when, it matches all that the other stands for', () => {
    fc.assert(
      fc.property(pattern, pattern, (wider, pattern) => {
        const meant = universe.filter((subject) => matches(pattern, subject))
        expect(matches(wider, pattern)).toBe(meant.every((subject) => matches(wider, subject)))
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it('have no empty tokens, and only patterns have wildcards', () => {
    for (const text of ['a', 'a.b/c', '$KV.x']) expect([isSubject(text), isPattern(text)]).toEqual([true, true])
    for (const text of ['', '.', 'a.', '.a', 'a..b', 'a b', 'a\tb', 'a\0b', 'a.>.b'])
      expect(isPattern(text)).toBe(false)
    for (const text of ['*', 'a.*', '>', 'a.>']) expect([isSubject(text), isPattern(text)]).toEqual([false, true])
  })
})
