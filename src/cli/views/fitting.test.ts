import { describe, expect, it } from 'vitest'
import { displayWidth } from '#lib/text/display-width.ts'
import { plainTable } from '../listing.ts'
import { column } from './column.ts'
import { fitting } from './fitting.ts'

const columns = [
  column<string>('id', 10, 'text', () => 'j-12345678'),
  column<string>('labels', 50, 'soft', (item) => item, { least: 12, isExtra: true }),
  column<string>('gpu', 4, 'soft', () => '0', { isExtra: true }),
]
const items = ['地域=東京 zone=a 🚀=yes disk=ssd', 'x'.repeat(70), 'e\u0301'.repeat(30), 'עברית '.repeat(9)]
const rows = items.map((item) => columns.map((each) => each.value(item)))
const widest = (text: string) => Math.max(...text.split('\n').map(displayWidth))

describe('a table for which the terminal has no room', () => {
  it('becomes narrower, to what its columns bear, and then loses the last of the extra ones', () => {
    expect(fitting(columns, rows, true, undefined)).toEqual({ columns, hidden: [] })
    expect(fitting(columns, rows, true, 250).hidden).toEqual([])
    expect(fitting(columns, rows, true, 31).hidden).toEqual([])
    expect(fitting(columns, rows, true, 30).hidden).toEqual(['gpu'])
    expect(fitting(columns, rows, true, 20).hidden).toEqual(['labels', 'gpu'])
    expect(fitting(columns, rows, true, 3).hidden).toEqual(['labels', 'gpu'])
  })

  it('has no line that is too long, also with wide, combining and right-to-left characters', () => {
    for (let room = 12; room <= 90; room++)
      expect(widest(plainTable(columns, items, room)), `${room}`).toBeLessThanOrEqual(room)
    expect(plainTable(columns, items, 40)).toContain('disk=ssd')
  })

  it('shows control characters written out', () => {
    expect(plainTable(columns, ['a\x1b[2Jb'])).toContain('a\\x1b[2Jb')
  })
})
