import type { S3Client } from '@aws-sdk/client-s3'
import { isSilence } from '#lib/connection-trouble.ts'
import type { S3Source } from '#lib/s3/params.ts'
import { s3Fault } from './faults.ts'
import type { S3Object } from './listing.ts'
import { type ObjectGetter, Refused } from './object-getter.ts'
import { objectUrlPath } from './signed-get.ts'

/** Where the objects of a source are asked for. */
export type AskedStore = {
  client: S3Client
  /** A faster way to the same objects; absent = there is none. */
  get?: ObjectGetter | undefined
  source: S3Source
  /** The source names one object, so that its version and state count. */
  isSingle: boolean
}

/** A part of one object's content. */
export type Stretch = { object: S3Object; offset: number; lengthBytes: number; isWhole: boolean }

/** What a small object has at most. */
const smallBytes = 256 * 1024

/** A small object in one go; undefined = it is to be asked for as others are, with what helps when that fails. */
export async function askWhole(
  { get, source, isSingle }: AskedStore,
  { key, sizeBytes, etag }: S3Object,
  signal: AbortSignal,
): Promise<Buffer[] | 'refused' | undefined> {
  if (!get || sizeBytes > smallBytes || (isSingle && source.VersionID)) return undefined
  const headers: Record<string, string> = isSingle && etag ? { 'if-match': etag } : {}
  const content = await get
    .whole(objectUrlPath(source.Bucket, key), headers, sizeBytes, signal)
    .catch((error: unknown) => {
      if (isSilence(error)) throw s3Fault(error, `s3://${source.Bucket}/${key}`)
      return error instanceof Refused ? 'refused' : undefined
    })
  signal.throwIfAborted()
  return content
}

/** What is still missing of a stretch. Throws what the store answers. */
export async function askStretch(
  { client, get, source, isSingle }: AskedStore,
  { object, offset, lengthBytes, isWhole }: Stretch,
  receivedBytes: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const isPart = !isWhole || receivedBytes > 0
  const Range = isPart ? `bytes=${offset + receivedBytes}-${offset + lengthBytes - 1}` : undefined
  // All stretches must be of one state of the object.
  const IfMatch = (isSingle || isPart) && object.etag ? object.etag : undefined
  const VersionId = isSingle && source.VersionID ? source.VersionID : undefined
  if (get && !VersionId) {
    const headers = { ...(Range ? { range: Range } : {}), ...(IfMatch ? { 'if-match': IfMatch } : {}) }
    const answer = await get
      .answer(objectUrlPath(source.Bucket, object.key), headers, signal)
      .catch((error: unknown) => {
        if (isSilence(error)) throw error
      })
    if (answer?.statusCode === (Range ? 206 : 200)) return answer.body
    await answer?.body.dump()
    signal.throwIfAborted()
  }
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body } = await client.send(
    new GetObjectCommand({
      Bucket: source.Bucket,
      Key: object.key,
      ...(Range ? { Range } : {}),
      ...(IfMatch ? { IfMatch } : {}),
      ...(VersionId ? { VersionId } : {}),
    }),
    { abortSignal: signal },
  )
  return Body as AsyncIterable<Buffer>
}
