import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { selfSigned } from './self-signed.ts'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const names = ['localhost', 'node-1.example', '127.0.0.1', '10.1.2.255', '::1', 'fe80::1:2', '::ffff:1.2.3.4']
const from = Date.UTC(2026, 0, 2, 3, 4, 5)
const until = Date.UTC(2051, 5, 6, 7, 8, 9)
const certificate = (serial: string) =>
  new X509Certificate(selfSigned({ key, serial: Buffer.from(serial, 'hex'), names, from, until }))

describe('a certificate that vouches for itself [S20]', () => {
  it('is signed by its own key, and is an authority', () => {
    const made = certificate('0a0b')
    expect(made.verify(createPublicKey(key))).toBe(true)
    expect(made.checkIssued(made)).toBe(true)
    expect(made.checkPrivateKey(key)).toBe(true)
    expect(made.ca).toBe(true)
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(made.subject).toBe('CN=bacalhau')
  })

  it('is good for its names and addresses, and for no others', () => {
    const made = certificate('0a0b')
    expect(['localhost', 'node-1.example'].map((name) => made.checkHost(name))).toEqual(['localhost', 'node-1.example'])
    expect(['127.0.0.1', '10.1.2.255', '::1', 'fe80::1:2', '::ffff:1.2.3.4'].filter((ip) => !made.checkIP(ip))).toEqual(
      [],
    )
    expect(made.checkHost('example')).toBeUndefined()
    expect(made.checkIP('10.1.2.254')).toBeUndefined()
  })

  it('has the times and the number it was given, also beyond 2049 and with the highest bit set', () => {
    const made = certificate('ff01')
    expect(made.validFromDate.getTime()).toBe(from)
    expect(made.validToDate.getTime()).toBe(until)
    expect(made.serialNumber).toBe('FF01')
  })
})
