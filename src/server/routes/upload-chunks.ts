import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { apiPrefix, type PathParams } from '#api/endpoint.ts'
import { uploadChunkRoute } from '#api/job-streams.ts'
import { readQuery } from '#api/query.ts'
import type { JobsApi } from '#contracts/control-plane.ts'
import { largestChunkBytes } from '#lib/cut-chunks.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { writeFault, writeText } from '../answer.ts'
import type { Caller } from '../caller.ts'
import { hasEmptyParameter, queryOf } from '../register.ts'
import { routeNotFound } from '../route-faults.ts'

const mostAtOnce = 64

/** Takes chunks of what users send with their jobs as bytes, no faster than the disk does, and no more than their list says. */
export function addUploadChunks(app: FastifyInstance, jobsOf: (caller: Caller) => JobsApi): void {
  let underWay = 0
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body))
    scope.put(apiPrefix + uploadChunkRoute.path, (request, reply) => {
      if (hasEmptyParameter(request.params)) return writeFault(request, reply, routeNotFound(request.caller.version))
      if (underWay >= mostAtOnce) return writeFault(request, reply, tooMany())
      underWay++
      take(jobsOf(request.caller), request, reply)
        .catch((error: unknown) => writeFault(request, reply, faultOf(error)))
        .finally(() => {
          underWay--
        })
    })
  })
}

async function take(jobs: JobsApi, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { id, digest } = request.params as PathParams<(typeof uploadChunkRoute)['path']>
  const { namespace, offset } = readQuery(uploadChunkRoute.query, queryOf(request.raw.url ?? ''))
  try {
    await jobs.takeChunk(namespace || 'default', id, digest, wholeOf(request.raw), offset)
  } catch (error) {
    await drain(request.raw)
    throw error
  }
  writeText(request, reply, { status: 200, contentType: 'application/json' }, '{}\n')
}

/** Whoever sends breaks off when he likes; that is no fault of ours. */
async function* wholeOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* body.iterator({ destroyOnReturn: false })
  } catch (error) {
    throw new Fault('BadRequest', 'the chunk broke off', { cause: error })
  }
}

/** Reads what is left of a chunk: bytes that nobody reads would reset the connection, before its sender saw the answer. */
async function drain(body: Readable): Promise<void> {
  let leftBytes = largestChunkBytes
  body.on('data', (bytes: Uint8Array) => {
    leftBytes -= bytes.length
    if (leftBytes < 0) body.destroy()
  })
  await finished(body).catch(() => {})
}

const tooMany = (): Fault =>
  new Fault('ResourceExhausted', `${mostAtOnce} chunks are being taken already`, {
    hint: 'Try again in a moment.',
    isRetryable: true,
  })
