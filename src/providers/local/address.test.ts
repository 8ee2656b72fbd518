import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { candidateAddresses, inUrl } from './address.ts'

const at = (address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo
const interfaces = {
  lo: [at('127.0.0.1', true), at('::1', true)],
  eth0: [at('fe80::1'), at('2001:db8::5'), at('10.1.2.3'), at('203.0.113.7'), at('169.254.1.1')],
}
const found = (setting: string) => candidateAddresses(setting, interfaces, '10.1.2.3')

describe('candidateAddresses', () => {
  it('knows the words for kinds of address [R189, X5]', () => {
    expect(found('public')).toEqual(['203.0.113.7', '2001:db8::5', '10.1.2.3', '127.0.0.1'])
    expect(found('Private')[0]).toBe('10.1.2.3')
    expect(found('localhost')[0]).toBe('127.0.0.1')
    expect(found('linklocal')[0]).toBe('169.254.1.1')
    expect(found('')).toEqual(found('public'))
  })

  it('falls back to where the node sends from, then to loopback [X5]', () => {
    const { lo } = interfaces
    expect(candidateAddresses('public', { lo }, '192.168.7.7')).toEqual(['192.168.7.7', '127.0.0.1'])
    expect(candidateAddresses('public', { lo }, undefined)).toEqual(['127.0.0.1'])
  })

  it('takes anything else at its word', () => {
    expect(found('results.example.com')).toEqual(['results.example.com'])
    expect(found('198.51.100.1')).toEqual(['198.51.100.1'])
    expect(inUrl('::1')).toBe('[::1]')
  })
})
