import { expect, it } from 'vitest'
import { visible, visibleLine } from './visible.ts'

it('writes out what a terminal would obey, and leaves all else: wide, combining and right-to-left text too', () => {
  expect(visible('a\x1b[31mb\x07\x9b2J\x7f\rc\u202ed')).toBe('a\\x1b[31mb\\x07\\x9b2J\\x7f\\x0dc\\u202ed')
  expect(visible('世界 é עברית 👩‍👩‍👧\n\tx\r\ny')).toBe('世界 é עברית 👩‍👩‍👧\n\tx\ny')
  expect(visibleLine(' two\n  lines\x1b ')).toBe('two lines\\x1b')
})
