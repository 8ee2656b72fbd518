import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { apiPrefix } from '#api/endpoint.ts'
import { keptResultRoute } from '#api/job-streams.ts'
import { readQuery } from '#api/query.ts'
import type { JobsApi, KeptResult } from '#contracts/control-plane.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { commonHeaders, writeFault } from '../answer.ts'
import type { Caller } from '../caller.ts'
import type { InFlight } from '../in-flight.ts'
import { keptResultOf } from '../kept-result-of.ts'
import { goneOr, hasEmptyParameter, queryOf } from '../register.ts'
import { routeNotFound } from '../route-faults.ts'

/** A reader that has not taken a piece by then is cut off. */
const pieceLimitMs = 120_000
const mostStreams = 256

/** Gives kept results out as they come from their nodes, no faster than they are read. */
export function addKeptResults(app: FastifyInstance, inFlight: InFlight, jobsOf: (caller: Caller) => JobsApi): void {
  let streams = 0
  app.get(apiPrefix + keptResultRoute.path, (request, reply) => {
    if (hasEmptyParameter(request.params)) return writeFault(request, reply, routeNotFound(request.caller.version))
    if (streams >= mostStreams) return writeFault(request, reply, tooMany())
    streams++
    const flight = inFlight.begin(Number.POSITIVE_INFINITY, () => {})
    serve(jobsOf(request.caller), inFlight, goneOr(flight, reply), request, reply)
      .catch((error: unknown) => {
        // What has begun can only be cut: its reader sees that bytes are missing, and asks for the rest.
        if (reply.raw.headersSent) reply.raw.destroy()
        else writeFault(request, reply, faultOf(error))
      })
      .finally(() => {
        streams--
        flight.end()
      })
  })
}

async function serve(
  jobs: JobsApi,
  inFlight: InFlight,
  signal: AbortSignal,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { id, executionId } = keptResultOf(request)
  const { namespace } = readQuery(keptResultRoute.query, queryOf(request.raw.url ?? ''))
  const kept = await jobs.keptResult(await jobs.resolve(id, namespace), executionId)
  const { sizeBytes } = kept
  const first = offsetOf(request, kept)
  if (first > 0 && first >= sizeBytes) throw pastTheEnd(sizeBytes)
  reply.raw.writeHead(first > 0 ? 206 : 200, [
    ...commonHeaders(request),
    ...['Content-Type', 'application/gzip', 'Content-Length', String(sizeBytes - first)],
    ...['Accept-Ranges', 'bytes', 'ETag', tagOf(kept)],
    ...(first > 0 ? ['Content-Range', `bytes ${first}-${sizeBytes - 1}/${sizeBytes}`] : []),
  ])
  await pipeline(Readable.from(taken(kept.from(first, signal), inFlight, reply), { highWaterMark: 1 }), reply.raw, {
    signal,
  })
}

async function* taken(
  pieces: AsyncIterable<Uint8Array>,
  inFlight: InFlight,
  reply: FastifyReply,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    const flight = inFlight.begin(pieceLimitMs, () => reply.raw.destroy())
    try {
      yield piece
    } finally {
      flight.end()
    }
  }
}

const tagOf = ({ tag }: KeptResult): string => `"${tag}"`

/** Where to begin: `Range: bytes=N-` of this very result; anything else is answered with the whole. */
function offsetOf({ headers }: FastifyRequest, kept: KeptResult): number {
  const ifRange = headers['if-range']
  if (ifRange !== undefined && ifRange !== tagOf(kept)) return 0
  return Number(/^bytes=(\d{1,15})-$/.exec(headers.range ?? '')?.[1] ?? 0)
}

const pastTheEnd = (sizeBytes: number): Fault =>
  new Fault('BadRequest', `the result has only ${sizeBytes} bytes`, { status: 416 })

const tooMany = (): Fault =>
  new Fault('ResourceExhausted', `${mostStreams} results are being read already`, {
    hint: 'Try again in a moment.',
    isRetryable: true,
  })
