import { createPublicKey, verify } from 'node:crypto'
import { keyBytes } from '../key-text.ts'

const keyPattern = /^U[A-Z2-7]{55}$/

/**
 * Whether `signature` shows that a client holds the private part of `key` (a NATS user key: a prefix byte and the Ed25519 key). It has
 * signed the nonce that only its connection was greeted with.
 */
export function isProven(key: string, signature: unknown, nonce: string): boolean {
  const bytes = keyPattern.test(key) ? keyBytes(key) : undefined
  if (!bytes || typeof signature !== 'string') return false
  const x = bytes.subarray(1).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(nonce), publicKey, Buffer.from(signature, 'base64'))
}
