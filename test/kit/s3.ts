import { SystemClock } from '#platform/clock.ts'
import { S3Clients } from '#providers/s3/clients.ts'
import { defaultS3Settings, type S3Settings } from '#providers/s3/settings.ts'
import type { S3Store } from './swift-store.ts'

/** AWS clients with the login of a store and no guard. */
export const s3Clients = (store: S3Store, change: Partial<S3Settings> = {}): S3Clients =>
  new S3Clients(
    { ...defaultS3Settings, trustedEndpoints: [store.endpoint], retries: 5, ...change },
    {
      clock: new SystemClock(),
      environment: {},
      credentials: async () => ({ accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey }),
    },
  )
