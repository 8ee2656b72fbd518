import type { IncomingMessage, ServerResponse } from 'node:http'
import { S3Buckets, type StoredObject } from './s3-buckets.ts'
import { type WebServer, webServer } from './web-server.ts'

/** What a store does instead of its duty. */
export type Misdeed =
  | { refuses: number; code?: string; message?: string }
  /** Sends so many bytes of the body and hangs up; undefined = half of them. */
  | { hangsUpAfter?: number }
  /** Says nothing until the other side goes. */
  | 'silent'
  /** Other bytes than it promised: as many, but changed. */
  | 'lies'

export type Asked = {
  method: string
  bucket: string
  key: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
}

const mostSkewMs = 15 * 60_000

/** S3 in this process, for speed and for what a real store does seldom. It believes every signature; Swift checks them. */
export class S3Server {
  readonly buckets = new S3Buckets()
  readonly asked: string[] = []
  /** Who misbehaves, and how; asked for each request. */
  misdeed: (asked: Asked) => Misdeed | undefined = () => undefined
  /** How far its clock is ahead: who signs more than 15 minutes off is refused. */
  aheadMs = 0
  sentBytes = 0
  #web: WebServer | undefined

  static async start(): Promise<S3Server> {
    const server = new S3Server()
    // Who hangs up in the middle of what it sends is not waited for.
    server.#web = await webServer((request, reply) => void server.#answer(request, reply).catch(() => reply.destroy()))
    return server
  }

  get endpoint(): string {
    return this.#web!.url('')
  }

  close(): Promise<void> {
    return this.#web!.close()
  }

  async #answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const [bucket = '', ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent)
    const asked: Asked = {
      method: request.method!,
      bucket,
      key: rest.join('/'),
      query: url.searchParams,
      headers: request.headers,
    }
    this.asked.push(`${asked.method} ${asked.bucket}/${asked.key}`)
    const misdeed = this.misdeed(asked)
    if (misdeed === 'silent') return
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (misdeed && typeof misdeed === 'object' && 'refuses' in misdeed) {
      return refuse(reply, misdeed.refuses, misdeed.code ?? 'InternalError', misdeed.message)
    }
    if (this.#isSkewed(request)) {
      reply.setHeader('Date', new Date(Date.now() + this.aheadMs).toUTCString())
      return refuse(reply, 403, 'RequestTimeTooSkewed')
    }
    const body = Buffer.concat(chunks)
    if (!this.buckets.has(bucket)) return refuse(reply, 404, 'NoSuchBucket')
    if (asked.method === 'GET' || asked.method === 'HEAD') return this.#give(asked, reply, misdeed)
    return this.#take(asked, reply, body)
  }

  #isSkewed({ headers }: IncomingMessage): boolean {
    const signed = String(headers['x-amz-date'] ?? '').replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')
    return Math.abs(Date.parse(signed) - Date.now() - this.aheadMs) > mostSkewMs
  }

  #give({ method, bucket, key, query, headers }: Asked, reply: ServerResponse, misdeed: Misdeed | undefined): void {
    if (key === '')
      return xml(reply, this.buckets.page(bucket, query.get('prefix') ?? '', query.get('continuation-token')))
    const object = this.buckets.get(bucket, key)
    if (!object) return refuse(reply, 404, 'NoSuchKey')
    if (headers['if-match'] && headers['if-match'] !== object.etag) return refuse(reply, 412, 'PreconditionFailed')
    const { status, bytes } = ranged(object, headers.range)
    reply.writeHead(status, { 'Content-Length': bytes.length, 'Content-Type': object.contentType, ETag: object.etag })
    if (method === 'HEAD') return void reply.end()
    if (misdeed === 'lies') return void reply.end(Buffer.from(bytes.map((byte) => byte ^ 1)))
    if (!misdeed) {
      this.sentBytes += bytes.length
      return void reply.end(bytes)
    }
    const { hangsUpAfter = Math.floor(bytes.length / 2) } = misdeed as { hangsUpAfter?: number }
    const part = bytes.subarray(0, hangsUpAfter)
    this.sentBytes += part.length
    reply.write(part, () => reply.destroy())
  }

  #take({ method, bucket, key, query, headers }: Asked, reply: ServerResponse, body: Buffer): void {
    const upload = query.get('uploadId') ?? ''
    const contentType = headers['content-type'] ?? ''
    if (query.has('uploads')) {
      const id = this.buckets.begin(bucket, key, contentType)
      return xml(reply, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    }
    if (method === 'DELETE') {
      this.buckets.takeBack(upload)
      return void reply.writeHead(204).end()
    }
    if (method === 'POST') {
      const object = this.buckets.finish(upload)
      if (!object) return refuse(reply, 404, 'NoSuchUpload')
      return xml(reply, `<CompleteMultipartUploadResult><ETag>${object.etag}</ETag></CompleteMultipartUploadResult>`)
    }
    const etag = upload
      ? this.buckets.part(upload, Number(query.get('partNumber')), body)
      : this.buckets.put(bucket, key, body, contentType).etag
    return etag ? void reply.writeHead(200, { ETag: etag }).end() : refuse(reply, 404, 'NoSuchUpload')
  }
}

function ranged({ bytes }: StoredObject, range: string | undefined): { status: number; bytes: Buffer } {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
  if (from === undefined) return { status: 200, bytes }
  return { status: 206, bytes: bytes.subarray(Number(from), Number(to) + 1) }
}

const xml = (reply: ServerResponse, text: string): void =>
  void reply.writeHead(200, { 'Content-Type': 'application/xml' }).end(`<?xml version="1.0"?>${text}`)

const refuse = (reply: ServerResponse, status: number, code: string, message = `told so: ${code}`): void =>
  void reply
    .writeHead(status, { 'Content-Type': 'application/xml' })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`)
