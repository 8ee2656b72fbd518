import type { Settings } from '#config/tree.ts'
import type { Disk } from '#contracts/disk.ts'
import { Fault } from '#lib/fault.ts'
import { type PemPair, pemPair } from './pem-pair.ts'

const usualLimitMs = 5_000
const settings = 'Orchestrator.TLS.ServerCert and Orchestrator.TLS.ServerKey'

/** Certificate and key of the broker, and how long a client may take to agree on TLS; undefined = no TLS. */
export async function linkTls(
  { ServerCert: cert, ServerKey: key, ServerTimeout }: Settings['Orchestrator']['TLS'],
  disk: Disk,
): Promise<(PemPair & { handshakeLimitMs: number }) | undefined> {
  if (cert === '' && key === '') return undefined
  if (cert === '' || key === '')
    throw new Fault('ValidationError', `invalid config: ${settings} must be set together`, { component: 'Config' })
  const pair = await pemPair(disk, { cert, key, settings })
  return { ...pair, handshakeLimitMs: ServerTimeout > 0 ? ServerTimeout * 1_000 : usualLimitMs }
}
