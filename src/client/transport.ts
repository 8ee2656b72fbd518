import { newestClientVersion } from '#api/client-version.ts'
import { decodeError } from '#api/error-body.ts'
import type { Fetch, FetchAnswer } from '#contracts/fetch.ts'
import { Fault } from '#lib/fault.ts'
import { surroundings } from './surroundings.ts'
import { transportFault } from './transport-fault.ts'

export type ClientOptions = {
  /** `http://127.0.0.1:1234`, without the path of the API. */
  url: string
  /** Value of the header `Authorization`; asked for each time, so that it may change. */
  authorization?: () => string | undefined
  /** Logs in because of this refusal (401, 403); true = the call is worth another try. */
  login?: (refusal: Fault) => Promise<boolean>
  /** Longest time for an answer, beside the time a call itself asks the server to wait. Default 60 s. */
  timeoutMs?: number
  /** Pauses between the tries of a call that may be repeated; by default so many milliseconds pass. */
  pause?: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Makes the keys by which the server knows a submission that it had already; random by default. */
  newKey?: () => string
  /** Gives every call up; they reject with its reason. */
  signal?: AbortSignal
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>
  /** How requests are sent; the platform's own by default. */
  fetch?: Fetch
}

export type CallOptions = {
  /** Gives the call up; it rejects with the reason. */
  signal?: AbortSignal
  /** Of a submission: what is sent again with the same key within a day is the same job. By default a new one each time. */
  idempotencyKey?: string
}
export type Request = {
  method: string
  path: string
  body?: string | Uint8Array
  headers?: Readonly<Record<string, string>>
  waitMs?: number
  signal?: AbortSignal
  isRepeatable: boolean
}

/** The body of a good answer as it comes. */
export type Body = {
  /** Its state, as the server tells one from another. */
  tag: string
  /** Whether it is only what was left of the whole. */
  isRest: boolean
  /** Undefined when the server does not say. */
  sizeBytes: number | undefined
  chunks: AsyncIterable<Uint8Array>
}

const tries = 3

/** Sends requests and turns everything that is no answer into a Fault. */
export class Transport {
  readonly #options: ClientOptions & typeof surroundings
  readonly #fetch: Fetch

  constructor(options: ClientOptions) {
    this.#options = { ...surroundings, ...options, url: options.url.replace(/\/+$/, '') }
    // That of a browser must not be called as a method of something else.
    this.#fetch = (url, init) => (options.fetch ?? fetch)(url, init)
  }

  get headers(): Record<string, string> {
    const authorization = this.#options.authorization?.()
    return {
      ...this.#options.headers,
      'X-Bacalhau-Git-Version': newestClientVersion,
      ...(authorization ? { Authorization: authorization } : {}),
    }
  }

  /** The text of the answer. Calls that do no harm twice are tried again while the server is away for a moment. */
  async text(asked: Request): Promise<string> {
    const request = this.#stoppable(asked)
    let hasLoggedIn = false
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request)
      } catch (error) {
        if (!hasLoggedIn && (await this.#logsIn(error))) {
          hasLoggedIn = true
          continue
        }
        if (!request.isRepeatable) throw error
        await this.pauseAfter(error, attempt, request.signal)
      }
    }
  }

  #stoppable(request: Request): Request {
    const { signal } = this.#options
    if (!signal) return request
    return { ...request, signal: request.signal ? AbortSignal.any([request.signal, signal]) : signal }
  }

  async #logsIn(error: unknown): Promise<boolean> {
    const { login } = this.#options
    const isRefused = error instanceof Fault && (error.status === 401 || error.status === 403)
    return isRefused && login !== undefined && login(error)
  }

  /** The body of a good answer as it comes. Only the caller's signal bounds it, and silence. */
  async body(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Body> {
    const url = this.#options.url + path
    const failure = (error: unknown): unknown => {
      if (error instanceof Fault) return error
      return signal.aborted ? signal.reason : transportFault('GET', url, error)
    }
    async function* chunksOf(response: FetchAnswer): AsyncGenerator<Uint8Array> {
      try {
        yield* response.body ?? []
      } catch (error) {
        throw failure(error)
      }
    }
    try {
      const response = await this.#fetch(url, { headers: { ...this.headers, ...headers }, signal })
      if (!response.ok) throw decodeError(response.status, await response.text())
      const length = response.headers.get('content-length')
      return {
        tag: response.headers.get('etag') ?? '',
        isRest: response.status === 206,
        sizeBytes: length === null ? undefined : Number(length),
        chunks: chunksOf(response),
      }
    } catch (error) {
      throw failure(error)
    }
  }

  /** Until a call that failed is tried again; rejects with what it failed of when that is in vain. */
  async pauseAfter(error: unknown, attempt: number, signal: AbortSignal | undefined): Promise<void> {
    if (!(error instanceof Fault && error.isRetryable) || signal?.aborted || attempt >= tries) throw error
    await this.#options.pause(100 * 2 ** attempt, signal)
  }

  newKey(): string {
    return this.#options.newKey()
  }

  /** Address of a WebSocket below the API. */
  socketUrl(path: string): string {
    return this.#options.url.replace(/^http/, 'ws') + path
  }

  async #once({ method, path, body, headers = {}, waitMs = 0, signal }: Request): Promise<string> {
    const url = this.#options.url + path
    const timeout = AbortSignal.timeout((this.#options.timeoutMs ?? 60_000) + waitMs)
    try {
      const response = await this.#fetch(url, {
        method,
        headers: {
          ...this.headers,
          ...headers,
          ...(body === undefined ? {} : { 'Content-Type': contentTypeOf(body) }),
        },
        ...(body === undefined ? {} : { body }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
      const text = await response.text()
      if (!response.ok) throw decodeError(response.status, text)
      return text
    } catch (error) {
      if (error instanceof Fault) throw error
      if (signal?.aborted) throw signal.reason
      if (timeout.aborted) throw timedOut(method, url)
      throw transportFault(method, url, error)
    }
  }
}

const contentTypeOf = (body: string | Uint8Array): string =>
  typeof body === 'string' ? 'application/json' : 'application/octet-stream'

const timedOut = (method: string, url: string): Fault =>
  new Fault('Timeout', `${method} ${url}: the server gave no answer in time`, {
    component: 'Client',
    isRetryable: true,
  })
