import type { Settings } from '#config/tree.ts'
import type { ResultSigner } from '#contracts/result-signer.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import { S3Clients } from '#providers/s3/clients.ts'
import type { ManagedStore } from '#providers/s3/managed-store.ts'
import { defaultS3Settings } from '#providers/s3/settings.ts'
import { S3Signer } from '#providers/s3/signer.ts'
import type { NodeDeps } from './node-deps.ts'
import { milliseconds } from './part-settings.ts'

/** What makes results in stores fetchable for users, and a store of the operator's usable for nodes. */
export const resultSigner = (
  { settings: { Publishers, Orchestrator }, environment }: Pick<NodeDeps, 'settings' | 'environment'>,
  clock: Clock,
  log: EventLog,
): ResultSigner => {
  const { PreSignedURLDisabled, PreSignedURLExpiration } = Publishers.Types.S3
  const managed = managedStoreOf(Publishers.Types.S3Managed)
  const trustedEndpoints = [...Orchestrator.S3.TrustedEndpoints, ...(managed?.endpoint ? [managed.endpoint] : [])]
  return new S3Signer({
    clients: new S3Clients({ ...defaultS3Settings, trustedEndpoints }, { clock, environment }),
    expiresMs: PreSignedURLDisabled ? 0 : milliseconds(PreSignedURLExpiration),
    managed,
    onError: (error) => log('result_not_signed', { error }),
  })
}

/** Undefined when the operator keeps none. Throws a Fault for one that is described by halves. */
function managedStoreOf(settings: Settings['Publishers']['Types']['S3Managed']): ManagedStore | undefined {
  const { Bucket, Key, Region, Endpoint, PreSignedURLExpiration } = settings
  if (![Bucket, Key, Region, Endpoint].some(Boolean)) return undefined
  const problems = [
    ...(Bucket ? [] : ['bucket cannot be empty']),
    ...(Region ? [] : ['region cannot be empty']),
    ...(PreSignedURLExpiration > 0n ? [] : ['pre-signed URL expiration must be greater than zero']),
  ]
  if (problems.length > 0) {
    throw new Fault('ValidationError', `invalid publisher configuration: ${problems.join(', ')}`, {
      component: 'Config',
      hint: 'Check if the S3 managed publisher configuration is correct: Publishers.Types.S3Managed',
    })
  }
  const expiresMs = milliseconds(PreSignedURLExpiration)
  return { bucket: Bucket, prefix: Key, region: Region, endpoint: Endpoint, expiresMs }
}
