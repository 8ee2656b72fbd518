import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { formatUrl, hostName, parseUrl, portOf } from './url.ts'
import { pathEscape, queryEscape } from './url-escape.ts'
import { encodeQuery, parseQuery } from './url-query.ts'

describe('URLs', () => {
  it('are cut, not resolved', () => {
    expect(parseUrl('s3://Bucket/a/../b%20c?x=1#f')).toMatchObject({
      scheme: 's3',
      opaque: '',
      host: 'Bucket',
      path: '/a/../b c',
      rawPath: '',
      query: 'x=1',
      fragment: 'f',
    })
  })

  it('are text again, escaped where they must be', () => {
    const again = (text: string) => formatUrl(parseUrl(text))
    expect(again('http://u:p@ss@h/a b?#x y')).toBe('http://u:p%40ss@h/a%20b?#x%20y')
    expect([again('mailto:a@b'), again('file:/a'), again('./a:b')]).toEqual(['mailto:a@b', 'file:/a', './a:b'])
  })

  it('have queries of several values', () => {
    expect(encodeQuery(parseQuery('b=2&a=x+y&b=1&&c'))).toBe('a=x+y&b=2&b=1&c=')
    expect(() => parseQuery('a;b')).toThrow('invalid semicolon separator in query')
  })

  it('have hosts without ports', () => {
    expect([hostName(parseUrl('http://[::1]:80/')), hostName(parseUrl('http://h:80'))]).toEqual(['::1', 'h'])
  })

  it('are refused in the words of Go', () => {
    expect(() => parseUrl('a b:/c')).toThrow('parse "a b:/c": first path segment in URL cannot contain colon')
    expect(() => parseUrl('http://h/%zz')).toThrow('parse "http://h/%zz": invalid URL escape "%zz"')
  })
})

type Input = { op: 'parse' | 'query' | 'escape'; text: string }

const answers: Record<Input['op'], (text: string) => unknown> = {
  parse(text) {
    const url = parseUrl(text)
    const { scheme, opaque, user, host, path, rawPath, query, fragment } = url
    const parts = { scheme, opaque, host, path, rawPath, query, fragment, hostname: hostName(url), port: portOf(url) }
    return { ...parts, ...(user === undefined ? {} : { user }), string: formatUrl(url) }
  },
  query(text) {
    const values = parseQuery(text)
    return { values: Object.fromEntries(values), encoded: encodeQuery(values) }
  },
  escape: (text) => ({ path: pathEscape(text), query: queryEscape(text) }),
}

describeVectors('url-parse.json', ({ op, text }: Input) => answers[op](text))
