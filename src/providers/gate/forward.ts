import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { Fault, messageOf } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import { type Authority, hostHeader } from './authority.ts'

/** Tells servers of ours that it is a job that asks; the program cannot say it, nor leave it out. */
export const jobMark = 'X-Bacalhau-Job-ID'

/** What concerns one connection only (RFC 9110 §7.6.1). */
export const ofConnection = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]

export type Forwarding = { target: Authority; path: string; jobId: JobId; socket: Socket }

/** Sends a request on over an open connection, and its answer back. Rejects when there is none; then nothing was replied. */
export async function forward(
  asked: IncomingMessage,
  reply: ServerResponse,
  { target, path, jobId, socket }: Forwarding,
): Promise<void> {
  const headers = [
    ...[
      ['Host', hostHeader(target)],
      [jobMark, jobId],
    ],
    ...passed(asked, ['host', jobMark.toLowerCase()]),
    // Its length is known as it was told to us, or told piece by piece; never both, which two servers would read in two ways.
    ...(asked.headers['transfer-encoding'] === undefined ? [] : [['Transfer-Encoding', 'chunked']]),
  ]
  const sent = request({
    method: asked.method,
    path,
    headers: headers.flat(),
    // With an agent, even none of its own, this is passed over and the name looked up again.
    createConnection: () => socket,
  })
  reply.once('close', () => sent.destroy())
  const answer = await answerOf(asked, sent).catch((error: unknown) => {
    throw new Fault('ServiceUnavailable', `${target.host} does not answer: ${messageOf(error)}`, { status: 502 })
  })
  reply.writeHead(answer.statusCode ?? 502, answer.statusMessage, passed(answer, []).flat())
  // From here on a failure on either side ends both: the program sees a cut answer as it would without us.
  await pipeline(answer, reply).catch(() => reply.destroy())
}

const answerOf = (asked: IncomingMessage, sent: ReturnType<typeof request>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.on('error', reject)
    asked.on('error', reject)
    asked.pipe(sent)
  })

/** Headers that go on, as they were written. */
function passed(message: IncomingMessage, without: readonly string[]): [string, string][] {
  const named = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const dropped = new Set([...ofConnection, ...named, ...without])
  const { rawHeaders } = message
  const pairs: [string, string][] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!dropped.has(name.toLowerCase())) pairs.push([name, value])
  }
  return pairs
}
