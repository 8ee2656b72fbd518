import { describe, expect, it } from 'vitest'
import { formatWithLayout } from './time-layout-format.ts'
import { parseWithLayout } from './time-layout-parse.ts'

/** What becomes of a text that is read in one layout and written in another. */
function rewritten(from: string, text: string, to = from): string | undefined {
  const date = parseWithLayout(from, text)
  return date && formatWithLayout(to, date)
}

describe('date layouts', () => {
  it('show the parts of a date in any order and words', () => {
    const rfc3339 = '2006-01-02T15:04:05Z07:00'
    expect(rewritten(rfc3339, '2024-02-29T13:04:05.25+02:00', 'Mon, 2 Jan 06 3:04PM .000 -0700')).toBe(
      'Thu, 29 Feb 24 1:04PM .250 +0200',
    )
    expect(rewritten('January _2 2006, pm 03:04', 'march  9 2021, pm 12:30', '002 15:04 Monday')).toBe(
      '068 12:30 Tuesday',
    )
    expect(rewritten('2006.002', '2023.365', '01-02')).toBe('12-31')
    expect(rewritten('06/1/2', '69/7/4', '2006')).toBe('1969')
  })

  it('take other characters as they are', () => {
    expect(rewritten('YYYY-MM', 'YYYY-MM')).toBe('YYYY-MM')
    expect(rewritten('x2006', 'y2006')).toBeUndefined()
    expect(rewritten('2006 01', '2006    01')).toBe('2006 01')
  })

  it('refuse days that are none', () => {
    for (const text of ['2023-02-29', '2023-13-01', '2023-00-01', '2023-01-00', '2023-1-01', '2023-01-01x']) {
      expect(parseWithLayout('2006-01-02', text), text).toBeUndefined()
    }
    expect(parseWithLayout('2006-002', '2023-366')).toBeUndefined()
  })
})
