import { type ClientRequest, type IncomingMessage, request as overHttp, type RequestOptions } from 'node:http'
import { request as overHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { DockerTarget } from './docker-host.ts'
import { answeredFault, dockerStatusOf } from './engine-answer.ts'

type Query = Readonly<Record<string, string | number | boolean | undefined>>
export type CallOptions = {
  query?: Query
  body?: unknown
  /** An archive to be sent as it comes. */
  content?: Readable
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
  /** Most time until the whole answer is here; 0 = as long as it takes. */
  deadlineMs?: number
}

/** What the engine says of itself; only what we use. */
export type EngineVersion = {
  Os: string
  Arch: string
  Components?: { Name: string; Details?: Record<string, string> }[]
}

/** The newest interface we were written for; an older engine is spoken to in its own. */
const newestApi = [1, 47] as const
const usualDeadlineMs = 120_000
const pingDeadlineMs = 10_000
const answerLimitBytes = 64 * 1024 * 1024

/**
 * Docker's HTTP interface, as much of it as running programs needs, over node:http. (The usual client package brings
 * native addons and gRPC along, which cannot go into a single executable.)
 *
 * Failures are Faults: an answer of the engine has its text as `Error response from daemon: …` and its status in
 * `details.DockerStatus`; an engine that cannot be reached is ServiceUnavailable and retryable.
 */
export class DockerApi {
  readonly #target: DockerTarget
  readonly #clock: Clock
  #prefix: Promise<string> | undefined

  constructor(target: DockerTarget, clock: Clock) {
    this.#target = target
    this.#clock = clock
  }

  get address(): string {
    return this.#target.address
  }

  /** Whether it is there. Asks each time, so that an engine that was replaced is seen. */
  async ping(signal?: AbortSignal): Promise<void> {
    this.#prefix = Promise.resolve(await this.#agreedPrefix(signal))
  }

  /** The JSON answer; undefined when it is empty. */
  async call<Answer = undefined>(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const text = await this.text(method, path, options)
    return (text.trim() === '' ? undefined : JSON.parse(text)) as Answer
  }

  /** The whole answer as it is. */
  async text(method: string, path: string, options: CallOptions = {}): Promise<string> {
    return this.#within(options, async (bounded) => bodyOf((await this.#askAgreed(method, path, bounded)).answer))
  }

  /** The body as it comes. Aborting or destroying it ends the request. */
  async stream(method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    return (await this.#askAgreed(method, path, options)).answer
  }

  /** Output of a container from now on, taken over as a raw connection: also before it is started. */
  async attach(containerId: string): Promise<Readable> {
    const path = `/containers/${containerId}/attach?stream=1&stdout=1&stderr=1`
    const headers = { Connection: 'Upgrade', Upgrade: 'tcp' }
    const { answer, socket, head } = await this.#askAgreed('POST', path, { headers })
    if (!socket) return answer
    if (head && head.length > 0) socket.unshift(head)
    return socket
  }

  /**
   * Waits the usual time for the answer of a call without a deadline, which goes on: what it makes after that is not known to anybody
   * but `onLate`.
   */
  async inTime<Answer>(asked: Promise<Answer>, onLate: (answer: Answer) => void): Promise<Answer> {
    let isLate = false
    const late = Promise.withResolvers<never>()
    const timer = this.#clock.after(usualDeadlineMs, () => {
      isLate = true
      late.reject(this.#slow(usualDeadlineMs))
    })
    asked.then(
      (answer) => isLate && onLate(answer),
      () => {},
    )
    return Promise.race([asked, late.promise]).finally(() => timer.stop())
  }

  #versioned(): Promise<string> {
    this.#prefix ??= this.#agreedPrefix().catch((error: unknown) => {
      this.#prefix = undefined
      throw error
    })
    return this.#prefix
  }

  /** The interface that both sides know. */
  #agreedPrefix(signal?: AbortSignal): Promise<string> {
    return this.#within({ deadlineMs: pingDeadlineMs, ...(signal && { signal }) }, async (options) => {
      const { answer } = await this.#ask('GET', '/_ping', options)
      await bodyOf(answer)
      return prefixFor(String(answer.headers['api-version'] ?? ''))
    })
  }

  /** Runs a call with its deadline; failures become Faults. */
  async #within<Answer>(options: CallOptions, run: (options: CallOptions) => Promise<Answer>): Promise<Answer> {
    const deadline = new AbortController()
    const deadlineMs = options.deadlineMs ?? usualDeadlineMs
    const expire = () => deadline.abort(this.#slow(deadlineMs))
    const timer = deadlineMs > 0 ? this.#clock.after(deadlineMs, expire) : undefined
    const signal = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal
    try {
      return await run({ ...options, signal })
    } catch (error) {
      throw signal.aborted ? signal.reason : this.#unreachable(error)
    } finally {
      timer?.stop()
    }
  }

  /** In the interface that was agreed, and in another one where the engine has been replaced since. */
  async #askAgreed(method: string, path: string, options: CallOptions): Promise<Answered> {
    const ask = async () => this.#ask(method, (await this.#versioned()) + path, options)
    try {
      return await ask()
    } catch (error) {
      if (!isOfOtherVersion(error)) throw error
      this.#prefix = undefined
      // An archive has been sent already.
      if (options.content) throw error
      return ask()
    }
  }

  /** Resolves with a good answer; its body is still to be read. */
  #ask(method: string, path: string, options: CallOptions): Promise<Answered> {
    const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body))
    const isArchive = options.content !== undefined
    const headers = { ...(isArchive ? archiveHeaders : bodyHeaders(body)), ...options.headers }
    const request: RequestOptions = {
      ...this.#target.connection,
      method,
      path: path + queryText(options.query),
      headers,
      agent: false,
      ...(options.signal && { signal: options.signal }),
    }
    return new Promise<Answered>((resolve, reject) => {
      const asked: ClientRequest = this.#target.isTls ? overHttps(request) : overHttp(request)
      asked.on('error', (error) => reject(options.signal?.aborted ? options.signal.reason : this.#unreachable(error)))
      asked.on('upgrade', (answer, socket, head) => resolve({ answer, socket, head }))
      asked.on('response', (answer) => {
        const status = answer.statusCode ?? 0
        if (status < 400) resolve({ answer })
        else bodyOf(answer).then((text) => reject(answeredFault(status, text)), reject)
      })
      if (options.content) pipeline(options.content, asked).catch(reject)
      else asked.end(body)
    })
  }

  #unreachable(error: unknown): unknown {
    if (error instanceof Fault) return error
    this.#prefix = undefined
    return new Fault('ServiceUnavailable', `cannot reach the Docker engine at ${this.address}: ${messageOf(error)}`, {
      component: 'Docker',
      hint: 'Check that the engine runs and that the node may use its socket',
      isRetryable: true,
      details: { FailureClass: 'node' },
      cause: error,
    })
  }

  #slow(deadlineMs: number): Fault {
    const seconds = Math.round(deadlineMs / 1000)
    return new Fault('Timeout', `the Docker engine at ${this.address} did not answer within ${seconds} s`, {
      component: 'Docker',
      isRetryable: true,
      details: { FailureClass: 'node' },
    })
  }
}

const isOfOtherVersion = (error: unknown): boolean =>
  dockerStatusOf(error) === 400 && /client version [\d.]+ is too (?:new|old)/.test(messageOf(error))

const archiveHeaders = { 'Content-Type': 'application/x-tar' }
const bodyHeaders = (body?: Buffer) =>
  body ? { 'Content-Type': 'application/json', 'Content-Length': body.length } : { 'Content-Length': 0 }

type Answered = { answer: IncomingMessage; socket?: Readable; head?: Buffer }

async function bodyOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let sizeBytes = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    sizeBytes += part.length
    if (sizeBytes > answerLimitBytes) throw new Error('the answer is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function queryText(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

/** An engine that does not say which it speaks is spoken to without a version. */
function prefixFor(apiVersion: string): string {
  const [major, minor] = apiVersion.split('.').map(Number)
  if (!major || minor === undefined) return ''
  const isOlder = major < newestApi[0] || (major === newestApi[0] && minor < newestApi[1])
  return isOlder ? `/v${major}.${minor}` : `/v${newestApi.join('.')}`
}
