import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { S3Client } from '@aws-sdk/client-s3'
import type { PackFolder } from '#contracts/archive.ts'
import type { Publisher, PublishRequest } from '#contracts/publisher.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { messageOf } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { isAwsEndpoint } from '#lib/s3/endpoint.ts'
import { decodeS3Publisher, type S3PublisherParams } from '#lib/s3/params.ts'
import { publisherKey } from '#lib/s3/publisher-key.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { S3Clients } from './clients.ts'
import { s3Fault } from './faults.ts'
import { filesBelow } from './files-below.ts'

export type S3PublisherDeps = { clock: Clock; pack: PackFolder }

/** A part of an upload; with the 10,000 parts a store takes, results up to 320 GB fit. */
const partBytes = 32 * 1024 * 1024
const partsAtOnce = 2
const filesAtOnce = 16
const gzipLevel = 1

/** Takes results to a bucket, as one gzip tar or as one object a file [R192–R197]. */
export class S3Publisher implements Publisher {
  readonly type = 's3'
  readonly #clients: S3Clients
  readonly #deps: S3PublisherDeps

  constructor(clients: S3Clients, deps: S3PublisherDeps) {
    this.#clients = clients
    this.#deps = deps
  }

  isInstalled(signal: AbortSignal): Promise<Verdict> {
    return orAborted(this.#clients.hasCredentials(), signal)
  }

  async accepts(publisher: SpecConfig): Promise<Verdict> {
    try {
      decodeS3Publisher(publisher)
      return yes
    } catch (error) {
      return no(messageOf(error))
    }
  }

  async publish(request: PublishRequest, signal: AbortSignal): Promise<SpecConfig> {
    const params = decodeS3Publisher(request.publisher)
    const isArchive = params.Encoding !== 'plain'
    const Key = publisherKey(params.Key, this.#facts(request), isArchive)
    try {
      const client = await this.#clients.of(params)
      const sent = isArchive
        ? await this.#sendArchive(client, params, Key, request, signal)
        : await this.#sendFiles(client, params, Key, request, signal)
      return { Type: 's3', Params: { ...emptySource, ...placeOf(params), Key, ...sent } }
    } catch (error) {
      throw signal.aborted ? signal.reason : s3Fault(error, `s3://${params.Bucket}/${Key}`)
    }
  }

  async #sendArchive(
    client: S3Client,
    params: S3PublisherParams,
    Key: string,
    { resultDirectory, onLeftOut = () => {} }: PublishRequest,
    signal: AbortSignal,
  ): Promise<Sent> {
    const body = createGzip({ level: gzipLevel })
    // What breaks here breaks the reading of the body.
    pipeline(this.#deps.pack(resultDirectory, { onLeftOut }), body).catch(() => {})
    try {
      return await send(client, params, { Key, body, signal, contentType: 'application/gzip' })
    } finally {
      body.destroy()
    }
  }

  async #sendFiles(
    client: S3Client,
    params: S3PublisherParams,
    prefix: string,
    { resultDirectory, onLeftOut }: PublishRequest,
    signal: AbortSignal,
  ): Promise<Sent> {
    const files = await filesBelow(resultDirectory, onLeftOut)
    await sideBySide(files, filesAtOnce, signal, async ({ name, path }, either) => {
      const body = createReadStream(path)
      try {
        await send(client, params, { Key: prefix + name, body, signal: either })
      } finally {
        body.destroy()
      }
    })
    return { VersionID: '', ChecksumSHA256: '' }
  }

  #facts({ executionId, jobId, nodeId }: PublishRequest) {
    const now = new Date(this.#deps.clock.nowMs())
    const digits = (value: number, width = 2) => String(value).padStart(width, '0')
    return {
      executionID: executionId,
      jobID: jobId,
      nodeID: nodeId,
      date: digits(now.getFullYear(), 4) + digits(now.getMonth() + 1) + digits(now.getDate()),
      time: digits(now.getHours()) + digits(now.getMinutes()) + digits(now.getSeconds()),
    }
  }
}

type Sent = { VersionID: string; ChecksumSHA256: string }
type Sending = { Key: string; body: Readable; signal: AbortSignal; contentType?: string }

const emptySource = { Filter: '', VersionID: '', ChecksumSHA256: '' }
const placeOf = ({ Bucket, Region, Endpoint }: S3PublisherParams) => ({ Bucket, Region, Endpoint })

/** In parts, several at once; each is tried again by itself, and nothing is there unless all of it came. */
async function send(client: S3Client, params: S3PublisherParams, sending: Sending): Promise<Sent> {
  const { Upload } = await import('@aws-sdk/lib-storage')
  const { Key, body, signal, contentType } = sending
  const upload = new Upload({
    client,
    params: {
      Bucket: params.Bucket,
      Key,
      Body: body,
      ...(contentType ? { ContentType: contentType } : {}),
      ...(isAwsEndpoint(params.Endpoint) ? { ChecksumAlgorithm: 'SHA256' } : {}),
    },
    partSize: partBytes,
    queueSize: partsAtOnce,
  })
  const abort = () => void upload.abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    const { VersionId, ChecksumSHA256 } = await upload.done()
    return { VersionID: VersionId ?? '', ChecksumSHA256: ChecksumSHA256 ?? '' }
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
