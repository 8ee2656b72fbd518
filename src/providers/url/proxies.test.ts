import { describe, expect, it } from 'vitest'
import { proxiesOf } from './proxies.ts'

const proxy = 'http://proxy.test:3128/'

describe('proxies', () => {
  it('are read in both spellings, capitals first, each for its own scheme [X18]', () => {
    const of = (environment: Record<string, string>) => {
      const proxyFor = proxiesOf(environment)
      return [proxyFor(new URL('http://a.test/')), proxyFor(new URL('https://a.test/'))]
    }
    expect(of({})).toEqual([undefined, undefined])
    expect(of({ HTTP_PROXY: proxy })).toEqual([proxy, undefined])
    expect(of({ https_proxy: proxy })).toEqual([undefined, proxy])
    expect(of({ http_proxy: 'low.test', HTTP_PROXY: 'proxy.test:3128' })).toEqual([proxy, undefined])
    expect(of({ HTTP_PROXY: '', http_proxy: 'http://me:p%40ss@proxy.test:3128' })[0]).toBe(
      'http://me:p%40ss@proxy.test:3128/',
    )
    expect(of({ HTTPS_PROXY: 'socks5://proxy.test:1080' })[1]).toBe('socks5://proxy.test:1080')
  })

  const cases: [noProxy: string, url: string, isDirect: boolean][] = [
    ['*', 'http://a.test/', true],
    ['a.test', 'http://a.test/', true],
    ['a.test', 'http://A.TEST./', true],
    ['a.test', 'http://b.a.test/', true],
    ['a.test', 'http://ba.test/', false],
    ['.a.test', 'http://b.a.test/', true],
    ['.a.test', 'http://a.test/', false],
    ['*.a.test', 'http://b.a.test/', true],
    ['x, a.test:8080', 'http://a.test:8080/', true],
    ['a.test:8080', 'http://a.test/', false],
    ['a.test:80', 'http://a.test/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/33', 'http://10.1.2.3/', false],
    ['10.1.2.3', 'http://10.1.2.3/', true],
    ['2.3', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd12::1]/', true],
    ['fd12::1', 'http://[fd12::1]/', true],
    ['[fd12::1]:80', 'http://[fd12::1]/', true],
    ['', 'http://localhost/', true],
    ['', 'http://127.0.0.9:8080/', true],
    ['', 'http://[::1]/', true],
    ['', 'http://a.test/', false],
  ]
  it.each(cases)('NO_PROXY %j lets %s go directly: %s [X18]', (NO_PROXY, url, isDirect) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(proxiesOf({ HTTP_PROXY: proxy, [name]: NO_PROXY })(new URL(url))).toBe(isDirect ? undefined : proxy)
    }
  })

  it('that are none are told without what they hold', () => {
    for (const wrong of ['ftp://me:secret@proxy.test', 'http://']) {
      const ask = () => proxiesOf({ HTTP_PROXY: wrong })(new URL('http://a.test/'))
      expect(ask).toThrow('the environment of this node has no proxy in HTTP_PROXY')
      expect(ask).toThrow(expect.objectContaining({ details: { FailureClass: 'node' } }))
    }
  })
})
