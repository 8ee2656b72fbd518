import { describe, expect, it } from 'vitest'
import { listenAddress } from './listen-address.ts'

const address = (address: string, internal = false) => ({ address, internal, family: 'IPv4' })
const interfaces = [
  { address: '::1', internal: true, family: 'IPv6' },
  address('127.0.0.1', true),
  address('169.254.7.7'),
  address('172.20.1.2'),
  address('198.51.100.7'),
]

describe('the address the API listens on', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['', '0.0.0.0'],
    ['any', '0.0.0.0'],
    ['localhost', '127.0.0.1'],
    ['loopback', '127.0.0.1'],
    ['local', '127.0.0.1'],
    ['linklocal', '169.254.7.7'],
    ['private', '172.20.1.2'],
    ['public', '198.51.100.7'],
  ])('%j is %s', (host, expected) => {
    expect(listenAddress(host, interfaces)).toBe(expected)
  })

  it.each([
    ['example.org', 'invalid address type in Server API Host config: example.org'],
    ['toString', 'invalid address type in Server API Host config: toString'],
    ['multicast', 'no multicast addresses found for Server API Host'],
  ])('%j is refused', (host, message) => {
    expect(() => listenAddress(host, interfaces)).toThrow(message)
  })
})
