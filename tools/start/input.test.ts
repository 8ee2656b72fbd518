import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collectInput } from './input.ts'
import { tryLines } from './report.ts'

describe('the text that npm start counts', () => {
  let from = ''
  let to = ''
  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'bacalhau-input-'))
    from = join(folder, 'node_modules')
    to = join(folder, 'to')
    mkdirSync(join(from, 'a/.hidden'), { recursive: true })
  })
  afterEach(() => rmSync(join(from, '..'), { recursive: true, force: true }))

  it('is what packages say about themselves, in node_modules', () => {
    const said = ['README.md', 'license', 'LICENCE.txt', 'changelog-2.md', 'a/History.md']
    for (const name of [...said, 'index.js', 'readmes.txt', 'a/.hidden/README']) writeFileSync(join(from, name), name)
    expect(collectInput(from, to)).toEqual({ files: said.length, bytes: said.join('').length, leftOut: 0 })
    expect(
      readdirSync(to)
        .map((name) => readFileSync(join(to, name), 'utf8'))
        .sort(),
    ).toEqual([...said].sort())
  })

  it('is every file of another folder that has text in it; links are not followed, the same names stay apart', () => {
    const other = join(from, 'a')
    mkdirSync(join(other, 'b'))
    for (const name of ['x', 'b/x', 'b/odd name\n']) writeFileSync(join(other, name), 'text')
    writeFileSync(join(other, 'empty'), '')
    writeFileSync(join(other, 'zero'), 'a\0b')
    symlinkSync(join(other, 'x'), join(other, 'link'))
    symlinkSync(other, join(other, 'circle'))
    expect(collectInput(other, to)).toEqual({ files: 3, bytes: 12, leftOut: 2 })
    expect(readdirSync(to).sort()).toEqual(['00000-odd_name_', '00001-x', '00002-x'])
  })
})

it('the commands to do it by hand stand a folder of any name', () => {
  expect(tryLines('/p', '/p', "/my texts/Ann's").join('\n')).toContain(` -V texts='/my texts/Ann'\\''s' `)
  expect(tryLines('/p', '/else', '/texts')[0]).toBe('  cd /p')
})
