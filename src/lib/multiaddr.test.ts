import { describe, expect, it } from 'vitest'
import { webAddressOf } from './multiaddr.ts'

describe('the web address of a multiaddr', () => {
  it('is made of its host, port and transport', () => {
    expect(webAddressOf('/ip4/127.0.0.1/tcp/5001')).toBe('http://127.0.0.1:5001')
    expect(webAddressOf('/ip6/::1/tcp/80/http')).toBe('http://[::1]:80')
    expect(webAddressOf('/dns4/kubo.example/tcp/443/https')).toBe('https://kubo.example:443')
    expect(webAddressOf('/dns/kubo/tcp/5001/tls/http/')).toBe('https://kubo:5001')
  })

  it('is not guessed', () => {
    const others = [
      '',
      '127.0.0.1:5001',
      'http://127.0.0.1:5001',
      '/ip4/127.0.0.1',
      '/ip4/kubo/tcp/1',
      '/ip4/1.2/tcp/1',
    ]
    const more = ['/ip6/fe80/tcp/1', '/ip4/127.0.0.1/udp/5001', '/dns/a b/tcp/1', '/dns/a/tcp/70000', '/unix/run/kubo']
    for (const text of [...others, ...more]) expect(webAddressOf(text), text).toBeUndefined()
  })
})
