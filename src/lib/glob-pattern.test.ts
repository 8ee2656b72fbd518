import { describe, expect, it } from 'vitest'
import { patternProblem, splitPattern } from './glob-pattern.ts'

describe('splitPattern', () => {
  it.each([
    ['/a/b*/c', '/a', 'b*/c'],
    ['**', '', '**'],
    ['/a/b', '/a/b', ''],
    ['/a/{b/c,d}', '/a', '{b/c,d}'],
  ])('of %s gives what is before the first wildcard and the rest', (pattern, base, rest) =>
    expect(splitPattern(pattern)).toEqual({ base, rest }),
  )
})

describe('patternProblem', () => {
  it.each([
    '/a',
    '/a/*.csv',
    '/a/**/part-*',
    '/a/[a-z]?',
    '/a/[!]a]',
    '/a/[[:alpha:]-]',
    '/a/{b,c/{d,e}}',
    '/a/\\*\\[\\\\',
    '/a/[{]',
  ])('is none for %s', (pattern) => expect(patternProblem(pattern)).toBeUndefined())

  it.each([
    ['/a/[b', 'has a [ without its ]: to mean the character write \\['],
    ['/a/b]', 'has a ] without its [: to mean the character write \\]'],
    ['/a/{b', 'has a { without its }: to mean the character write \\{'],
    ['/a/b}{', 'has a } without its {: to mean the character write \\}'],
    ['/a/{1..3}', 'has {} with one choice or a range: write {a,b,c}'],
    ['/a/[z-a]', 'has a range of characters whose end is before its beginning'],
    ['/a/b\\', 'has a \\ that is not before a wildcard'],
    ['/a/\\d', 'has a \\ that is not before a wildcard'],
    [`/a/${'*'.repeat(1024)}`, 'has more than 1024 characters'],
  ])('of %s is told with what to write instead', (pattern, text) => expect(patternProblem(pattern)).toBe(text))
})
