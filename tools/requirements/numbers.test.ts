import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectFiles } from '../tidy/source-files.ts'
import { numbersIn, requiredNumbers, requirementList, showings, unshown } from './numbers.ts'

const markdown = readFileSync(join(import.meta.dirname, '../../docs/requirements.md'), 'utf8')
const list = requirementList(markdown)
const atLeast = 220
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
  const last = { R: 210, F: 13, W: 47, X: 30, S: 24, I: 16, L: 7, N: 29 }
  const wanted = Object.entries(last).flatMap(([letter, n]) => Array.from({ length: n }, (_, i) => `${letter}${i + 1}`))
  expect(list.map(({ number }) => number)).toEqual(wanted)
})

it('what is required by now is known, and becomes more', () => {
  const { outside, anywhere } = requiredNumbers(markdown)
  const required = [...outside, ...anywhere]
  expect(required.filter((number) => !known.has(number))).toEqual([])
  expect(new Set(required).size).toBe(required.length)
  // Raise it with the lists.
  expect(required.length).toBeGreaterThanOrEqual(atLeast)
})

it('a required number is shown by a test of the right ring', () => {
  const required = requiredNumbers('Required so far, from outside: [R1, R3–R4].\nRequired so far, in any ring: [W2].')
  const shown = showings([
    { ring: 'unit', file: 'a', name: 'a [R1, R4]', isPassed: true },
    { ring: 'e2e', file: 'b', name: 'b [R4]', isPassed: true },
    { ring: 'e2e', file: 'b', name: 'c [R3]', isPassed: false },
    { ring: 'contract', file: 'c', name: 'd [W2]', isPassed: true },
  ])
  expect(unshown(required, shown)).toEqual(['R1', 'R3'])
})

it('every promise of the README is the name of a test of the whole product', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const section = /## What it promises\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ''
  const promises = [...section.matchAll(/^\d\. (.+)$/gm)].map(([, promise]) => promise!)
  const tests = projectFiles()
    .filter(({ path }) => path.startsWith('test/e2e/'))
    .map(({ text }) => text)
  const isNamed = (promise: string) =>
    [`it('${promise.replaceAll("'", "\\'")}'`, `it("${promise}"`].some((name) =>
      tests.some((text) => text.includes(name)),
    )
  expect(promises).toHaveLength(5)
  expect(promises.filter((promise) => !isNamed(promise))).toEqual([])
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

it('every promise of the documented interface is required, but for what is pending', () => {
  const required = new Set(requiredNumbers(markdown).outside)
  const file = join(import.meta.dirname, '../../test/pending.json')
  const { numbers: pending } = JSON.parse(readFileSync(file, 'utf8')) as { numbers: string[] }
  expect(pending.filter((number) => required.has(number))).toEqual([])
  expect(numbersIn('[R1–R210]').filter((number) => !required.has(number))).toEqual(pending)
})
