import { generateKeyPairSync } from 'node:crypto'
import { selfSigned } from '#node/tls/self-signed.ts'

const dayMs = 24 * 60 * 60 * 1_000

/** A certificate for these names that is its own authority, and its key; PEM. */
export const ownCertificate = (names: readonly string[]): { cert: string; key: string } => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const now = Date.now()
  const cert = selfSigned({ key, serial: Buffer.of(1), names, from: now - dayMs, until: now + dayMs })
  return { cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
