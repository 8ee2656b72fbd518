import { expect, it } from 'vitest'
import { PrefixedLines } from './prefixed-lines.ts'

it('lines that come in pieces each get their word, also empty ones and the last without its end [R19]', () => {
  const lines = new PrefixedLines('e-1 | ')
  expect(['on', 'e\n\ntw', 'o\n', 'end'].map((piece) => lines.add(Buffer.from(piece)))).toEqual([
    '',
    'e-1 | one\ne-1 | \n',
    'e-1 | two\n',
    '',
  ])
  expect([lines.end(), lines.end()]).toEqual(['e-1 | end\n', ''])
})

it('a line that never ends is broken, so that little is held back', () => {
  const lines = new PrefixedLines('> ')
  expect(lines.add(Buffer.from('x'.repeat(70_000)))).toBe(`> ${'x'.repeat(70_000)}\n`)
  expect(lines.end()).toBe('')
})
