import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { groups } from './openapi/groups.ts'

/** Rows become methods of the client; what stands above a row is what its users read in their editors. */
const rows = groups
  .filter(({ name }) => name !== 'legacy')
  .flatMap(({ name, rows }) => Object.entries(rows).map(([row, { errors }]) => ({ file: name, row, errors })))

it.each(rows)('$file.$row says what it does and which Faults its server may answer', ({ file, row, errors }) => {
  const source = readFileSync(join(import.meta.dirname, `${file}.ts`), 'utf8')
  const [, above] = source.match(new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+${row}: endpoint\\(`)) ?? []
  const said = above?.replace(/\s*\n\s*\* ?/g, ' ').trim() ?? ''
  const [text = '', faults] = said.split(/ Faults: /)
  expect(text).toMatch(/^[A-Z].{15,}\.$/)
  expect(faults?.replace(/\.$/, '').split(', ') ?? []).toEqual([...errors])
})
