import { describe, expect, it } from 'vitest'
import { renderTable } from './table.ts'
import { renderCsv } from './table-csv.ts'

const columns = [
  { name: 'id', max: 10, wrap: 'id' },
  { name: 'created', max: 8, wrap: 'time' },
  { name: 'note' },
] as const
const rows = [
  ['j-78faf114-6a45-457e-825c-40fd2fad768f', '2024-01-02 03:04:05', 'a\tb'],
  ['short', '', '日本'],
]

describe('tables', () => {
  it('line up columns by their width on the screen, without lines between them [R9]', () => {
    expect(renderTable(columns, rows)).toBe(
      ' ID          CREATED   NOTE   \n j-78faf114  03:04:05  a    b \n short                 日本   \n',
    )
  })

  it('show everything when wide, and no header when hidden [R62]', () => {
    expect(renderTable(columns, rows.slice(0, 1), { isWide: true, hasHeader: false })).toBe(
      ' j-78faf114-6a45-457e-825c-40fd2fad768f  2024-01-02 03:04:05  a    b \n',
    )
    expect(renderTable(columns, [], { hasHeader: false })).toBe('')
  })

  it('colour each cell, also around colours of its own', () => {
    expect(renderTable([{ name: 'a' }], [['x'], ['\x1b[31my\x1b[0m z']], { hasColor: true })).toBe(
      '\x1b[92;100m A   \x1b[0m\n\x1b[97;40m x   \x1b[0m\n\x1b[37;40m \x1b[31my\x1b[0m\x1b[37;40m z \x1b[0m\n',
    )
  })

  it.each([
    ['text', 'the quick brown', ['the quic', 'k brown ']],
    ['soft', 'the quick brown', ['the     ', 'quick   ', 'brown   ']],
    ['trim', 'the quick brown', ['the quic']],
  ] as const)('wrap by %s', (wrap, text, lines) => {
    const table = renderTable([{ name: 'x', max: 8, wrap }], [[text]], { hasHeader: false })
    expect(table).toBe(lines.map((line) => ` ${line} \n`).join(''))
  })

  it('sort by a column of the header', () => {
    expect(renderTable([{ name: 'Key' }], [['b'], ['a']], { sortBy: 'Key' })).toBe(' KEY \n a   \n b   \n')
  })
})

describe('CSV', () => {
  it('keeps values whole and names as they are, quoted with backslashes [R9]', () => {
    expect(renderCsv(columns, rows)).toBe(
      'id,created,note\nj-78faf114-6a45-457e-825c-40fd2fad768f,2024-01-02 03:04:05,a    b\nshort,,日本\n',
    )
    expect(renderCsv([{ name: 'a' }], [['x,"y"']], { hasHeader: false })).toBe('"x\\,\\"y\\""\n')
  })
})
