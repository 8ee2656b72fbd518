import { describe, expect, it } from 'vitest'
import { displayWidth, padToWidth, trimToLength } from './display-width.ts'
import { wrapSoft, wrapText } from './wrap.ts'

const red = (text: string) => `\x1b[31m${text}\x1b[0m`

describe('text for terminals', () => {
  it('counts columns, not characters, and no escape sequences', () => {
    expect([displayWidth('aé日😀'), displayWidth(red('ab')), displayWidth('e\u0301')]).toEqual([6, 2, 1])
    expect(padToWidth(red('日'), 4)).toBe(`${red('日')}  `)
    expect(trimToLength(red('abcd'), 2)).toBe(red('ab'))
  })

  it('closes a colour at the end of a line and opens it on the next', () => {
    expect(wrapText(red('abcd'), 2)).toBe(`${red('ab')}\n${red('cd')}`)
  })

  it('breaks words only when they are longer than a line', () => {
    expect(wrapSoft('a bc   abcdefgh\n\nx', 5)).toBe('a bc \nabcde\nfgh\n\nx')
    expect(wrapSoft('any', 0)).toBe('')
  })
})
