import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFiles } from '../tidy/source-files.ts'
import { numbersIn, requirementList, showings } from './numbers.ts'

const list = requirementList(readFileSync(join(import.meta.dirname, '../../docs/requirements.md'), 'utf8'))
const known = new Set(list.map(({ number }) => number))

it('finds numbers, lists and ranges in brackets only', () => {
  expect(numbersIn('runs R1 [R162] twice [W5, X7] and [I1–I3]')).toEqual(['R162', 'W5', 'X7', 'I1', 'I2', 'I3'])
})

it('counts only passing tests', () => {
  const test = { ring: 'e2e', file: 'a', name: 'a [R1]' }
  const shown = showings([
    { ...test, isPassed: true },
    { ...test, name: 'b [R2]', isPassed: false },
  ])
  expect([...shown.keys()]).toEqual(['R1'])
})

it('the list has every number once', () => {
  const last = { R: 210, F: 13, W: 47, X: 30, I: 16, L: 7 }
  const wanted = Object.entries(last).flatMap(([letter, n]) => Array.from({ length: n }, (_, i) => `${letter}${i + 1}`))
  expect(list.map(({ number }) => number)).toEqual(wanted)
})

it('tests cite only numbers that exist', () => {
  const names = /\b(?:it|test|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])(.*?)\1/g
  const wrong = projectFiles()
    .filter(({ path }) => path.endsWith('.test.ts') && !path.startsWith('tools/'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(names)].flatMap(([, , name]) => numbersIn(name!).map((n) => [path, n])),
    )
    .filter(([, number]) => !known.has(number!))
  expect(wrong).toEqual([])
})
