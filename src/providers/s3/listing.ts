import type { S3Client } from '@aws-sdk/client-s3'
import { Fault } from '#lib/fault.ts'
import { isObjectKey, keyFilter, keyPrefix } from '#lib/s3/input-key.ts'
import type { S3Source } from '#lib/s3/params.ts'

/** One object of an input. */
export type S3Object = { key: string; sizeBytes: number; etag: string }

/** What a source means in its bucket at the moment. */
export type S3Listing = {
  objects: S3Object[]
  /** What the keys share, which decides where they lie in the input's folder. */
  prefix: string
  /** The source names one object, so that version and checksum count. */
  isSingle: boolean
}

/**
 * Finds the objects of a source: the one a key names, or all below a prefix that the filter takes [R170–R172].
 * Throws what the store answers, and a Fault for a checksum that differs.
 */
export async function listObjects(client: S3Client, source: S3Source, signal: AbortSignal): Promise<S3Listing> {
  const single = isObjectKey(source.Key) ? await headObject(client, source, signal) : undefined
  if (single) return { objects: [single], prefix: source.Key, isSingle: true }
  const prefix = keyPrefix(source.Key)
  const takes = keyFilter(prefix, source.Filter)
  const objects: S3Object[] = []
  for await (const page of pagesOf(client, source.Bucket, prefix, signal)) {
    for (const each of page) if (takes(each.key)) objects.push(each)
  }
  return { objects, prefix, isSingle: false }
}

/** Undefined when the key is a folder after all. */
async function headObject(client: S3Client, source: S3Source, signal: AbortSignal): Promise<S3Object | undefined> {
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3')
  const { Bucket, Key, VersionID, ChecksumSHA256 } = source
  const place = { Bucket, Key, ...(VersionID ? { VersionId: VersionID } : {}) }
  const ask = () =>
    client.send(new HeadObjectCommand({ ...place, ...(ChecksumSHA256 ? { ChecksumMode: 'ENABLED' } : {}) }), {
      abortSignal: signal,
    })
  const found = await ask().catch(async (error: unknown) => {
    await explain(client, place, error, signal)
    return ask()
  })
  if (!found.ContentType || found.ContentType.startsWith('application/x-directory')) return undefined
  if (ChecksumSHA256 && found.ChecksumSHA256 !== undefined && found.ChecksumSHA256 !== ChecksumSHA256) {
    throw checksumFault(source, found.ChecksumSHA256)
  }
  return { key: Key, sizeBytes: found.ContentLength ?? 0, etag: found.ETag ?? '' }
}

/**
 * A refusal of a HEAD has no text, so the reason is that of a GET of one byte. When that one is let through, as after the client
 * has learned what time it is there, the question is worth asking again.
 */
async function explain(
  client: S3Client,
  place: { Bucket: string; Key: string },
  refusal: unknown,
  signal: AbortSignal,
): Promise<void> {
  const status = (refusal as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0
  if (status < 300 || status >= 500) throw refusal
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body } = await client.send(new GetObjectCommand({ ...place, Range: 'bytes=0-0' }), { abortSignal: signal })
  await Body?.transformToByteArray()
}

async function* pagesOf(client: S3Client, Bucket: string, Prefix: string, signal: AbortSignal) {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3')
  let token: string | undefined
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix, ...(token ? { ContinuationToken: token } : {}) }),
      { abortSignal: signal },
    )
    yield (page.Contents ?? []).map(
      ({ Key = '', Size = 0, ETag = '' }): S3Object => ({ key: Key, sizeBytes: Size, etag: ETag }),
    )
    token = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (token)
}

/** The sentence clients know. */
export const checksumFault = ({ Bucket, Key, ChecksumSHA256 }: S3Source, got: string): Fault =>
  new Fault('BadRequest', `checksum mismatch for s3://${Bucket}/${Key}, expected ${ChecksumSHA256}, got ${got}`, {
    hint: 'The object is another than ChecksumSHA256 says: check both, or name its VersionID',
    details: { FailureClass: 'user' },
  })
