import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Disk } from '#contracts/disk.ts'
import { Fault, messageOf } from '#lib/fault.ts'

/** Certificate and private key, PEM. */
export type PemPair = { cert: string; key: string }

/** Paths of the two; `settings` are the keys that name them, for messages. */
type PairFiles = { cert: string; key: string; settings: string }

/** Reads the two. What cannot work is told at the start, not at the first handshake: a Fault ValidationError. */
export async function pemPair(disk: Disk, files: PairFiles): Promise<PemPair> {
  const pair = { cert: await pemText(disk, files.cert, files), key: await pemText(disk, files.key, files) }
  try {
    if (new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) return pair
  } catch (error) {
    throw unusable(files, `cannot be read: ${messageOf(error)}`)
  }
  throw unusable(files, 'do not belong together')
}

const unusable = ({ settings }: PairFiles, why: string): Fault =>
  new Fault('ValidationError', `invalid config: ${settings} ${why}`, { component: 'Config' })

const pemText = async (disk: Disk, path: string, { settings }: PairFiles): Promise<string> => {
  const bytes = await disk.readFile(path)
  if (bytes) return Buffer.from(bytes).toString('utf8')
  throw new Fault('ValidationError', `there is no file ${path} for TLS`, {
    component: 'Config',
    hint: `${settings} name PEM files.`,
  })
}
