import { describe, expect, it } from 'vitest'
import { addressGuard, defaultFetchGuard, embeddedIpv4 } from './address-guard.ts'

const guard = (more = {}) =>
  addressGuard(
    { ...defaultFetchGuard, ...more },
    () => [1234, 4222],
    () => ['203.0.113.9', '10.0.0.9'],
  )

describe('addressGuard', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '::169.254.169.254',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
  ])('refuses %s, whatever is allowed', (address) => {
    expect(guard()(address, 80)).toBe('it belongs to the machine or the cloud it runs in')
  })

  it('refuses the node’s own servers under every name of the machine', () => {
    for (const address of [
      '127.0.0.1',
      '127.9.9.9',
      '::1',
      '0.0.0.0',
      '::',
      '203.0.113.9',
      '10.0.0.9',
      '::ffff:127.0.0.1',
    ]) {
      expect([address, guard()(address, 4222)]).toEqual([address, 'it is a server of this node itself'])
      expect([address, guard()(address, 8080)]).toEqual([address, undefined])
    }
    expect(guard()('198.51.100.7', 4222)).toBeUndefined()
  })

  it('refuses loopback, private addresses and ports when the operator does', () => {
    expect(guard({ allowLoopback: false })('::1', 80)).toContain('loopback')
    expect(guard({ allowLoopback: false })('10.1.1.1', 80)).toBeUndefined()
    for (const address of ['10.1.1.1', '172.31.0.1', '192.168.1.1', '100.64.0.1', 'fd12::1', '::ffff:192.168.1.1']) {
      expect(guard({ allowPrivateAddresses: false })(address, 80)).toContain('private')
    }
    expect(guard({ allowPrivateAddresses: false })('172.32.0.1', 80)).toBeUndefined()
    expect(guard({ allowedPorts: [80, 443] })('198.51.100.7', 8080)).toContain('80, 443')
    expect(guard({ allowedPorts: [80, 443] })('198.51.100.7', 443)).toBeUndefined()
  })
})

describe('embeddedIpv4', () => {
  it('finds the address that a packet would go to', () => {
    expect(embeddedIpv4('::ffff:1.2.3.4')).toBe('1.2.3.4')
    expect(embeddedIpv4('0:0:0:0:0:ffff:102:304')).toBe('1.2.3.4')
    expect(embeddedIpv4('2002:0102:0304::')).toBe('1.2.3.4')
    expect(embeddedIpv4('2001:db8::1')).toBeUndefined()
    expect(embeddedIpv4('::1')).toBeUndefined()
    expect(embeddedIpv4('1.2.3.4')).toBeUndefined()
  })
})
