import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
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

/** A new bucket with these objects in it, by their keys. */
export async function fillBucket(
  store: S3Store,
  Bucket: string,
  objects: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  const clients = s3Clients(store)
  try {
    const client = await clients.of({ Region: store.region, Endpoint: store.endpoint })
    await client.send(new CreateBucketCommand({ Bucket }))
    for (const [Key, Body] of Object.entries(objects)) await client.send(new PutObjectCommand({ Bucket, Key, Body }))
  } finally {
    await clients.stop()
  }
}
