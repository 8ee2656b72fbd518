import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Disk } from '#contracts/disk.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { pemText } from './pem-text.ts'

/** Certificate and private key, PEM. */
export type PemPair = { cert: string; key: string }

/** Paths of the two; `settings` are the keys that name them, for messages. */
type PairFiles = { cert: string; key: string; settings: string }

/** Reads the two. What cannot work is told at the start, not at the first handshake: a Fault ValidationError. */
export async function pemPair(disk: Disk, files: PairFiles): Promise<PemPair> {
  const hint = `${files.settings} name PEM files.`
  const pair = { cert: await pemText(disk, files.cert, hint), key: await pemText(disk, files.key, hint) }
  try {
    if (new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) return pair
  } catch (error) {
    throw unusable(files, `cannot be read: ${messageOf(error)}`)
  }
  throw unusable(files, 'do not belong together')
}

const unusable = ({ settings }: PairFiles, why: string): Fault =>
  new Fault('ValidationError', `invalid config: ${settings} ${why}`, { component: 'Config' })
