import { describe, expect, it } from 'vitest'
import { displayWidth, padToWidth, trimToLength } from './display-width.ts'
import { wrapSoft, wrapText } from './wrap.ts'
import { wrapEvent } from './wrap-event.ts'

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

  it('breaks events behind the first space at the width', () => {
    expect(wrapEvent('one two three\nfour', 5)).toBe('one two \nthree\nfour')
    expect(wrapEvent(`${red('Error: ')}bad`, 3)).toContain('\n\x1b[31m')
  })
})
