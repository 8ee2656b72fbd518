import { createPublicKey, verify } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const keyPattern = /^U[A-Z2-7]{55}$/
const keyBytes = 32

/**
 * Whether `signature` shows that a client holds the private part of `key` (a NATS user key: base32 of a prefix byte, the
 * Ed25519 key and a checksum). It has signed the nonce that only its connection was greeted with.
 */
export function isProven(key: string, signature: unknown, nonce: string): boolean {
  if (!keyPattern.test(key) || typeof signature !== 'string') return false
  const x = fromBase32(key)
    .subarray(1, 1 + keyBytes)
    .toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(nonce), publicKey, Buffer.from(signature, 'base64'))
}

const fromBase32 = (text: string): Buffer => {
  const bits = [...text].map((char) => alphabet.indexOf(char).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
