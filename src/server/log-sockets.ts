import { type IncomingMessage, type Server as NodeServer, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { parseClientVersion } from '#api/client-version.ts'
import { goString } from '#api/encode/go-json.ts'
import { apiPrefix } from '#api/endpoint.ts'
import { logsRoute } from '#api/job-streams.ts'
import { readQuery } from '#api/query.ts'
import type { JobsApi, TellReader } from '#contracts/control-plane.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, faultOf, messageOf } from '#lib/fault.ts'
import { guardedJobs } from './auth/guarded-jobs.ts'
import type { Gate, Rights } from './auth/rights.ts'
import { logFrames } from './log-frames.ts'
import { malformedUrl } from './route-faults.ts'

/** Bytes that may wait for a slow reader before we wait for it. */
const highWaterBytes = 256 * 1024
const pingMs = 30_000
/** A peer that does not answer our Close frame is cut off after this; at a stop there is less time. */
const closeGraceMs = 1_000
const leaveGraceMs = 30
const mostStreams = 10_000

const normalClosure = 1000
const goingAway = 1001
const tryAgainLater = 1013

const logsPath = /^\/api\/v1\/orchestrator\/jobs\/([^/?]{1,1024})\/logs(?:\?|$)/

/** Output of jobs as frames over WebSockets. Every stream ends when its peer leaves or the server stops. */
export class LogSockets {
  readonly #jobs: JobsApi
  readonly #clock: Clock
  readonly #gate: Gate | undefined
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 4_096, perMessageDeflate: false })
  readonly #stopping = new AbortController()

  constructor(jobs: JobsApi, clock: Clock, gate: Gate | undefined) {
    this.#jobs = jobs
    this.#clock = clock
    this.#gate = gate
  }

  /** Whether a request wants to become a stream; callers that are too old are left to the ordinary answer. */
  isStream({ method, url = '', headers }: IncomingMessage): boolean {
    if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket' || !logsPath.test(url)) return false
    return parseClientVersion(headers['x-bacalhau-git-version'] as string | undefined).kind === 'ok'
  }

  serve(server: NodeServer): void {
    server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
      const open = (rights?: Rights) =>
        this.#sockets.handleUpgrade(request, connection, head, (socket) => {
          const jobs = rights ? guardedJobs(this.#jobs, rights) : this.#jobs
          void this.#stream(jobs, socket, request.url ?? '')
        })
      if (this.#gate) void this.#letIn(this.#gate, request, connection, open)
      else open()
    })
  }

  /** Who is refused is told why when it asks without wanting a stream, as every client does then. */
  async #letIn(
    gate: Gate,
    request: IncomingMessage,
    connection: Duplex,
    open: (rights?: Rights) => void,
  ): Promise<void> {
    connection.on('error', () => connection.destroy())
    try {
      const { method = '', url = '', headers, socket } = request
      const asked = { method, route: apiPrefix + logsRoute.path, url, headers, address: socket.remoteAddress ?? '' }
      open((await gate.admit(asked)).rights)
    } catch (error) {
      const { status } = faultOf(error)
      connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    }
  }

  stop(reason: Error): void {
    this.#stopping.abort(reason)
    for (const socket of this.#sockets.clients) this.#close(socket, goingAway)
  }

  async #stream(jobs: JobsApi, socket: WebSocket, url: string): Promise<void> {
    if (this.#sockets.clients.size > mostStreams) return this.#close(socket, tryAgainLater)
    const gone = new AbortController()
    const heart = keepAlive(socket, this.#clock, isResumable(url))
    // A broken connection says so by its close, which follows.
    socket.on('error', () => {})
    socket.once('close', () => {
      heart.stop()
      gone.abort(new Error('the caller has gone'))
    })
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal])
    try {
      const tell = (Note: string): void => void send(socket, noteFrame(Note), heart.beats)
      for await (const frame of framesOf(jobs, url, signal, tell)) {
        if (socket.readyState !== socket.OPEN) break
        await send(socket, frame, heart.beats)
      }
    } catch (error) {
      if (!signal.aborted) await send(socket, errorFrame(error), heart.beats)
    }
    this.#close(socket, signal.aborted ? goingAway : normalClosure)
  }

  /** Says that it is over, and does not wait long for the other side to say so too. */
  #close(socket: WebSocket, code: number): void {
    if (socket.readyState === socket.CLOSED) return
    socket.close(code)
    const graceMs = this.#stopping.signal.aborted ? leaveGraceMs : closeGraceMs
    const cut = this.#clock.after(graceMs, () => socket.terminate())
    socket.once('close', () => cut.stop())
  }
}

async function* framesOf(jobs: JobsApi, url: string, signal: AbortSignal, tell: TellReader): AsyncGenerator<string> {
  const id = idOf(url)
  const query = readLogQuery(url)
  try {
    yield* logFrames(jobs, id, query, signal, tell)
  } catch (error) {
    throw new Error(`failed to open log stream for job ${id}: ${messageOf(error)}`, { cause: error })
  }
}

function idOf(url: string): string {
  try {
    return decodeURIComponent(logsPath.exec(url)?.[1] ?? '')
  } catch {
    throw malformedUrl()
  }
}

/** Clients know what is wrong with a query in the words of the framework, status and all. */
function readLogQuery(url: string) {
  try {
    return readQuery(logsRoute.query, url.split('?')[1] ?? '')
  } catch (error) {
    throw error instanceof Fault ? new Error(`code=${error.status}, message=${error.message}`) : error
  }
}

/** A query that cannot be read is told by the stream. */
function isResumable(url: string): boolean {
  try {
    return readLogQuery(url).resumable === true
  } catch {
    return false
  }
}

const noteFrame = (Note: string): string => `${JSON.stringify({ value: { Type: 0, Line: '' }, Note })}\n`

function errorFrame(error: unknown): string {
  const hint = error instanceof Error && error.cause instanceof Fault ? error.cause.hint : undefined
  const said = hint === undefined ? '' : `,"Hint":${goString(hint)}`
  return `{"error":${goString(messageOf(error))},"value":{"Type":0,"Line":""}${said}}\n`
}

/** Waits for the reader only when it lags; that it went away is noticed by its close. `onTaken`: a lagging one took a part. */
function send(socket: WebSocket, frame: string, onTaken: () => void): Promise<void> | undefined {
  if (socket.readyState !== socket.OPEN) return undefined
  if (socket.bufferedAmount < highWaterBytes) {
    socket.send(frame)
    return undefined
  }
  return new Promise((resolve) =>
    socket.send(frame, (error) => {
      if (!error) onTaken()
      resolve()
    }),
  )
}

const signOfLife = '{"value":{"Type":0,"Line":""}}\n'

/**
 * Notices a peer that vanished without a word: until the next ping there was no answer, and it took nothing of what was sent,
 * behind which the ping of a slow reader waits. Who wants to come back after a break has to notice, too, and WebSockets do not
 * show their pings: it gets a frame with each.
 */
function keepAlive(socket: WebSocket, clock: Clock, isResumable: boolean): { stop(): void; beats(): void } {
  let isAlive = true
  const beats = (): void => {
    isAlive = true
  }
  socket.on('pong', beats)
  let timer = clock.after(pingMs, beat)
  function beat(): void {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
    if (isResumable) socket.send(signOfLife)
    timer = clock.after(pingMs, beat)
  }
  return { stop: () => timer.stop(), beats }
}
