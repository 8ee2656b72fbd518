import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { keyBytes, keyText } from './key-text.ts'

// NATS user keys are Ed25519 keys, which Node signs with by itself.

/** First byte of what names a user, `U`. */
const userByte = 20 << 3
/** First two bytes of a user's secret, `SU`. */
const seedBytes = [(18 << 3) | (userByte >> 5), (userByte & 31) << 3]
/** What stands before the 32 secret bytes in PKCS #8. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The secret of a new NATS user key, as such keys are written down (`SU…`). */
export function newKeySeed(): string {
  const { d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return keyText(Buffer.concat([Buffer.from(seedBytes), Buffer.from(d, 'base64url')]))
}

/** `U…`. Throws when the text is no such secret. */
export const publicKeyOf = (seed: string): string => publicText(privateKeyOf(seed))

/** Shows a server that greets with a nonce that we hold this secret. */
export function signerOf(seed: string): (nonce?: string) => { nkey: string; sig: string } {
  const key = privateKeyOf(seed)
  const nkey = publicText(key)
  return (nonce = '') => ({ nkey, sig: nonce === '' ? '' : sign(null, Buffer.from(nonce), key).toString('base64') })
}

function privateKeyOf(seed: string): KeyObject {
  const bytes = keyBytes(seed)
  if (bytes?.length !== 34 || seedBytes.some((byte, i) => bytes[i] !== byte))
    throw new Error('it is no secret of a NATS user')
  return createPrivateKey({ key: Buffer.concat([pkcs8, bytes.subarray(2)]), format: 'der', type: 'pkcs8' })
}

function publicText(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return keyText(Buffer.concat([Buffer.from([userByte]), Buffer.from(x, 'base64url')]))
}
