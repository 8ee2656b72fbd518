import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { isIpAddress } from '#lib/domains.ts'
import { bits, implicit, integer, octets, oid, sequence, set, tagged, time, utf8, yes } from './der.ts'

export type CertificateFacts = {
  /** P-256. */
  key: KeyObject
  serial: Uint8Array
  /** Names and addresses it is good for. */
  names: readonly string[]
  /** Unix ms. */
  from: number
  until: number
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))

/** A certificate (X.509 v3, PEM) that vouches for itself: clients may name it as the authority they trust. */
export function selfSigned({ key, serial, names, from, until }: CertificateFacts): string {
  const subject = sequence(set(sequence(oid('2.5.4.3'), utf8('bacalhau'))))
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    subject,
    sequence(time(from), time(until)),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions(names))),
  )
  const certificate = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, key)))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

const extensions = (names: readonly string[]): Buffer[] => [
  // An authority, because some clients trust nothing else.
  sequence(oid('2.5.29.19'), yes, octets(sequence(yes))),
  // digitalSignature and keyCertSign.
  sequence(oid('2.5.29.15'), yes, octets(bits(Buffer.from([0b1000_0100]), 2))),
  // serverAuth.
  sequence(oid('2.5.29.37'), octets(sequence(oid('1.3.6.1.5.5.7.3.1')))),
  sequence(oid('2.5.29.17'), octets(sequence(...names.map(alternativeName)))),
]

const alternativeName = (name: string): Buffer =>
  isIpAddress(name) ? implicit(7, addressBytes(name)) : implicit(2, Buffer.from(name))

function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes IPv4 endings as hexadecimal groups.
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [before = '', after] = text.split('::')
  const groups = (part: string) => part.split(':').filter((group) => group !== '')
  const [head, tail] = [groups(before), groups(after ?? '')]
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex')
}
