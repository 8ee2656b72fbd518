import type { ResultSigner } from '#contracts/result-signer.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { S3Clients } from '#providers/s3/clients.ts'
import { defaultS3Settings } from '#providers/s3/settings.ts'
import { S3Signer } from '#providers/s3/signer.ts'
import type { NodeDeps } from './node-deps.ts'
import { milliseconds } from './part-settings.ts'

/** What makes results in stores fetchable for users; undefined = the operator wants none of it. */
export const resultSigner = (
  { settings: { Publishers, Orchestrator }, environment }: Pick<NodeDeps, 'settings' | 'environment'>,
  clock: Clock,
  log: EventLog,
): ResultSigner | undefined => {
  const { PreSignedURLDisabled, PreSignedURLExpiration } = Publishers.Types.S3
  if (PreSignedURLDisabled) return undefined
  const clients = new S3Clients(
    { ...defaultS3Settings, trustedEndpoints: Orchestrator.S3.TrustedEndpoints },
    { clock, environment },
  )
  return new S3Signer({
    clients,
    expiresMs: milliseconds(PreSignedURLExpiration),
    onError: (error) => log('result_not_signed', { error }),
  })
}
