import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import type { DataFolder } from '#config/data-folder.ts'
import type { Settings } from '#config/tree.ts'
import type { Disk } from '#contracts/disk.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { isIpAddress } from '#lib/domains.ts'
import { type PemPair, pemPair } from './pem-pair.ts'
import { selfSigned } from './self-signed.ts'

type Parts = { settings: Settings; apiHost: string; folder: DataFolder; disk: Disk; clock: Clock; random: Random }

const dayMs = 24 * 60 * 60 * 1_000
const lastsMs = 5 * 365 * dayMs
/** Nobody's node should run longer than this without a start. */
const renewedBeforeMs = 365 * dayMs

/** Certificate and key of the API: from files, made by the node itself, or none. */
export async function apiTls(parts: Parts): Promise<PemPair | undefined> {
  const { CertFile, KeyFile, SelfSigned } = parts.settings.API.TLS
  if (CertFile && KeyFile)
    return pemPair(parts.disk, { cert: CertFile, key: KeyFile, settings: 'API.TLS.CertFile and API.TLS.KeyFile' })
  return SelfSigned ? ownPair(parts) : undefined
}

/** Kept, so that who trusts it can go on to; made anew when it is old or the machine has another name. */
async function ownPair({ apiHost, folder, disk, clock, random }: Parts): Promise<PemPair> {
  const { certificateFile, certificateKeyFile } = folder
  const [cert, key] = await Promise.all([disk.readFile(certificateFile), disk.readFile(certificateKeyFile)])
  const names = ['localhost', '127.0.0.1', '::1', hostname(), ...(isWildcard(apiHost) ? [] : [apiHost])]
  if (cert && key && isStillGood(cert, names, clock.nowMs()))
    return { cert: Buffer.from(cert).toString(), key: Buffer.from(key).toString() }
  const made = madePair([...new Set([...names, ...(isWildcard(apiHost) ? ownAddresses() : [])])], clock, random)
  await disk.replaceFile(certificateKeyFile, made.key, 0o600)
  await disk.replaceFile(certificateFile, made.cert)
  return made
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ scopeid }) => !scopeid).map(({ address }) => address),
  )

function isStillGood(pem: Uint8Array, names: readonly string[], nowMs: number): boolean {
  const certificate = new X509Certificate(pem)
  const covers = (name: string) => (isIpAddress(name) ? certificate.checkIP(name) : certificate.checkHost(name))
  return Date.parse(certificate.validTo) - nowMs > renewedBeforeMs && names.every((name) => covers(name) !== undefined)
}

function madePair(names: readonly string[], clock: Clock, random: Random): PemPair {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const serial = Buffer.from(random.uuid().replaceAll('-', ''), 'hex')
  const now = clock.nowMs()
  const cert = selfSigned({ key, serial, names, from: now - dayMs, until: now + lastsMs })
  return { cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
