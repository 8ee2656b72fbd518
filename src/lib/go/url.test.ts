import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { type GoUrl, hostName, parseUrl } from './url.ts'

describe('URLs', () => {
  it('are cut, not resolved', () => {
    expect(parseUrl('s3://Bucket/a/../b%20c?x=1#f')).toEqual({
      scheme: 's3',
      opaque: '',
      host: 'Bucket',
      path: '/a/../b c',
      rawPath: '',
      query: 'x=1',
      fragment: 'f',
    })
  })

  it('have hosts without ports', () => {
    expect([hostName(parseUrl('http://[::1]:80/')), hostName(parseUrl('http://h:80'))]).toEqual(['::1', 'h'])
  })

  it('are refused in the words of Go', () => {
    expect(() => parseUrl('a b:/c')).toThrow('parse "a b:/c": first path segment in URL cannot contain colon')
    expect(() => parseUrl('http://h/%zz')).toThrow('parse "http://h/%zz": invalid URL escape "%zz"')
  })
})

/** The parts that ours has. */
const partsOf = ({ scheme, opaque, host, path, rawPath, query, fragment, hostname }: GoUrl & { hostname: string }) =>
  JSON.stringify([scheme, opaque, host, path, rawPath, query, fragment, hostname])

describeVectors(
  'url-parse.json',
  ({ text }: { text: string }) => {
    const url = parseUrl(text)
    return { ...url, hostname: hostName(url) }
  },
  {
    skip: (vector) => vector.in.op !== 'parse',
    isSame: (actual, expected) => partsOf(actual as never) === partsOf(expected as never),
  },
)
