import { describe, expect, it } from 'vitest'
import { compileGlob } from './glob.ts'

describe('compileGlob', () => {
  const matching: [string, string][] = [
    ['*.csv', 'a.csv'],
    ['**/part-*', 'part-1'],
    ['**/part-*', 'a/b/part-1'],
    ['a/**/b', 'a/b'],
    ['a/**/b', 'a/x/y/b'],
    ['**', 'a/.b/c'],
    ['*', 'two\nlines'],
    ['{*.csv,x/*.json}', 'x/a.json'],
    ['\\*', '*'],
    ['[[:digit:]]', '7'],
    ['?', 'ä'],
    ['ün*', 'ünï.csv'],
    ['*日本\\*', '日本*'],
    ['a😀?', 'a😀ö'],
    ['*\u2028', 'a\u2028'],
    ['*\\\\\\\\', 'a\\\\'],
    ['{a,b}\\\\', 'b\\'],
  ]
  it.each(matching)('takes with %s %s', (pattern, path) => expect(compileGlob(pattern)(path)).toBe(true))

  const others: [string, string][] = [
    ['*.csv', 'x/a.csv'],
    ['*.csv', 'a.csv.gz'],
    ['**/part-*', 'a/part'],
    ['a/**/b', 'a/xb'],
    ['{*.csv,x/*.json}', 'a.json'],
    ['\\*', 'a'],
    ['[[:digit:]]', 'd'],
    ['ün*', '\\ünï.csv'],
  ]
  it.each(others)('does not take with %s %s', (pattern, path) => expect(compileGlob(pattern)(path)).toBe(false))

  it('takes no longer when a pattern and a name are made for each other', { timeout: 20_000 }, () => {
    const isNamed = compileGlob(`**/${'*a'.repeat(20)}b`)
    expect(isNamed(`${'a/'.repeat(1000)}${'a'.repeat(250)}`)).toBe(false)
  })
})
