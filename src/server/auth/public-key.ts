import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { Fault } from '#lib/fault.ts'

/** The RSA key of a client, and the name it gives the client: the SHA-256 of its modulus in hexadecimal. */
export type ClientKey = { key: KeyObject; clientId: string }

/** Reads PKCS#1 DER. Throws a Fault Unauthorized whose message is the reason clients know. */
export function readClientKey(der: Uint8Array): ClientKey {
  checkSequence(der)
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'pkcs1' })
    const modulus = Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url')
    return { key, clientId: hash('sha256', modulus) }
  } catch {
    throw refused('asn1: structure error: no RSA public key')
  }
}

/** The commonest faults, in the words of Go's ASN.1 reader. */
function checkSequence(der: Uint8Array): void {
  const [tag, length] = der
  if (tag === undefined || length === undefined) throw refused('asn1: syntax error: sequence truncated')
  if (tag === 0x30) return
  const isCompound = (tag & 0x20) !== 0
  throw refused(
    `asn1: structure error: tags don't match (16 vs {class:${tag >> 6} tag:${tag & 0x1f} length:${length} ` +
      `isCompound:${isCompound}}) {optional:false explicit:false application:false private:false defaultValue:<nil> ` +
      'tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} pkcs1PublicKey @2',
  )
}

const refused = (reason: string): Fault => new Fault('Unauthorized', `failed to decode public key: ${reason}`)
