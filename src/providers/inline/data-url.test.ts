import { describe, expect, it } from 'vitest'
import { parseDataUrl } from './data-url.ts'

const textOf = (url: string) => parseDataUrl(url).bytes.toString('utf8')

describe('parseDataUrl', () => {
  it('reads base64 and percent encoding', () => {
    expect(textOf('data:text/plain;base64,aW5saW5lIGRhdGEK')).toBe('inline data\n')
    expect(textOf('data:text/plain;charset=utf-8;base64,w6k=')).toBe('é')
    expect(textOf('data:,a%20b,c')).toBe('a b,c')
    expect(textOf('data:;base64,')).toBe('')
    expect(textOf('data:text/plain;base64,YQ%3D%3D')).toBe('a')
    expect(parseDataUrl('data:,%fF%0a%C3%A9ü').bytes).toEqual(Buffer.from([255, 10, 0xc3, 0xa9, 0xc3, 0xbc]))
    expect(parseDataUrl('data:;base64,/wA=').bytes).toEqual(Buffer.from([255, 0]))
  })

  it('takes bits that do not count, as Go does', () => {
    expect(textOf('data:;base64,YR==')).toBe('a')
    expect(textOf('data:;base64,YWJjYR==')).toBe('abca')
  })

  it('reads as much as a job may carry', () => {
    const bytes = Buffer.alloc(10 * 1024 * 1024, 'inline')
    expect(parseDataUrl(`data:;base64,${bytes.toString('base64')}`).bytes.equals(bytes)).toBe(true)
  })

  it('reads as many percent signs, without holding up its node', () => {
    const { bytes } = parseDataUrl(`data:,${'%41'.repeat(2_500_000)}`)
    expect([bytes.length, bytes.every((byte) => byte === 0x41)]).toEqual([2_500_000, true])
  })

  it('knows the type, with the one that is meant when there is none', () => {
    expect(parseDataUrl('data:,x').mediaType).toBe('text/plain')
    expect(parseDataUrl('data:Application/GZIP;base64,YQ==').mediaType).toBe('application/gzip')
  })

  it.each([
    'http://x/y',
    'data:text/plain;base64',
    'data:;base64,YQ',
    'data:;base64,Y Q==',
    'data:;base64,YQ==YQ==',
    'data:;base64,Y===',
    'data:;base64,====',
    'data:;base64,YWJj-_8=',
    'data:;base64,YWJjŁWJj',
    'data:;base64,YWJjYW\u0141=',
    'data:,%4',
    'data:no slash,x',
    `data:${'a'.repeat(1_000)},x`,
  ])('refuses %s without repeating it', (url) => {
    expect(() => parseDataUrl(url)).toThrow(/^invalid inline params: .{1,200}$/)
  })
})
