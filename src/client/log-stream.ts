import { type LogFrame, logsRoute } from '#api/job-streams.ts'
import { type QueryOf, writeQuery } from '#api/query.ts'
import { Fault } from '#lib/fault.ts'
import { pathWith } from './path.ts'
import type { Transport } from './transport.ts'

export type LogQuery = QueryOf<(typeof logsRoute)['query']>

/** In browsers a socket cannot carry headers; Node's takes them in the second argument. */
type SocketMaker = new (url: string, options?: unknown) => WebSocket

/**
 * Output of a job, frame by frame, until it ends. A frame with `error` is the server's last word. Leaving the loop, or
 * aborting, closes the socket. Throws a Fault when the connection is refused or breaks off.
 */
export async function* logStream(
  transport: Transport,
  id: string,
  query: Readonly<LogQuery> = {},
  signal?: AbortSignal,
): AsyncGenerator<LogFrame> {
  signal?.throwIfAborted()
  const path = pathWith(logsRoute.path, [id]) + writeQuery(logsRoute.query, query)
  const url = transport.socketUrl(path)
  const { headers } = transport
  const socket = openSocket(url, headers)
  const inbox = new Inbox()
  // Asking why may have meant logging in.
  const unexplained = (code: number) => (isSameLogin(headers, transport.headers) ? broken(url, code) : loggedIn)
  let isOpen = false
  const close = (code: number) => {
    if (code === normalClosure) inbox.end(undefined)
    else if (isOpen) inbox.end(broken(url, code))
    else void whyRefused(transport, path, signal).then((reason) => inbox.end(reason ?? unexplained(code)))
  }
  const leave = () => inbox.end(signal?.reason)
  signal?.addEventListener('abort', leave, { once: true })
  socket.addEventListener('message', ({ data }) => inbox.push(JSON.parse(String(data)) as LogFrame))
  socket.addEventListener('open', () => {
    isOpen = true
  })
  socket.addEventListener('close', ({ code }) => close(code))
  try {
    yield* inbox
  } catch (error) {
    if (error !== loggedIn) throw error
    yield* logStream(transport, id, query, signal)
  } finally {
    signal?.removeEventListener('abort', leave)
    socket.close()
  }
}

function openSocket(url: string, headers: Record<string, string>): WebSocket {
  const Maker = WebSocket as unknown as SocketMaker
  const isNode = typeof process === 'object' && process.versions?.node !== undefined
  return isNode ? new Maker(url, { headers }) : new Maker(url)
}

const normalClosure = 1000
const loggedIn = Symbol('logged in')
type Headers = Record<string, string>
const isSameLogin = (one: Headers, other: Headers): boolean => one['Authorization'] === other['Authorization']

/** A socket does not say why it was refused; asking plainly does. Undefined when there is no reason any more. */
const whyRefused = (transport: Transport, path: string, signal: AbortSignal | undefined): Promise<unknown> =>
  transport.text({ method: 'GET', path, isRepeatable: true, ...(signal ? { signal } : {}) }).then(
    () => undefined,
    (error: unknown) => (error instanceof Fault && error.code === 'UpgradeRequired' ? undefined : error),
  )

/** Frames that came and were not taken yet. */
class Inbox {
  #frames: LogFrame[] = []
  #isOver = false
  #failure: unknown
  #wake: (() => void) | undefined

  push(frame: LogFrame): void {
    this.#frames.push(frame)
    this.#wake?.()
  }

  /** Only the first word counts. */
  end(failure: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogFrame> {
    for (;;) {
      const frames = this.#frames
      this.#frames = []
      yield* frames
      if (this.#frames.length > 0) continue
      if (this.#isOver) {
        if (this.#failure !== undefined) throw this.#failure
        return
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

const broken = (url: string, code: number): Fault =>
  new Fault('ServiceUnavailable', `the log stream ${url.split('?')[0]} broke off (close code ${code})`, {
    component: 'Client',
    hint: 'the server may have stopped; ask again',
    isRetryable: true,
  })
