import { STATUS_CODES } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Clock } from '#lib/clock.ts'
import { isMistrust, isSilence } from '#lib/connection-trouble.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { retryPauseMs } from '#lib/retry-pause.ts'

export type FetchParts = { dispatcher: Dispatcher; clock: Clock; retries: number }
export type Fetching = {
  method: 'GET' | 'HEAD'
  url: string
  authorization?: string
  headers?: Readonly<Record<string, string>>
  signal: AbortSignal
}

export type Fetched = {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Dispatcher.ResponseData['body']
  /** Where the answer came from after redirects. */
  url: string
  isRedirected: boolean
}

/** An answer that no further attempt would change. */
class FetchRefused extends Error {
  readonly status: number
  constructor(status: number, statusText: string) {
    super(`${status} ${statusText}`.trim())
    this.status = status
  }
}

const redirectLimit = 10
/** However much later a server wants to be asked again. */
const longestAskedMs = 60_000
/** Too many requests, and what a server says when it is not itself. */
export const passing = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429

/**
 * Asks until there is a good answer (200–299): again after what may pass, with growing pauses, at once no more after anything else,
 * nor after silence.
 * The last failure is thrown as it is; `attempts` of it are told.
 */
export async function fetchWithRetries(parts: FetchParts, asked: Fetching): Promise<Fetched> {
  for (let attempt = 1; ; attempt++) {
    let askedMs = 0
    try {
      const fetched = await followRedirects(parts, asked)
      if (fetched.status >= 200 && fetched.status < 300) return fetched
      await fetched.body.dump({ limit: 64 * 1024 }).catch(() => {})
      const refusal = new FetchRefused(fetched.status, STATUS_CODES[fetched.status] ?? '')
      askedMs = retryAfterMs(fetched.headers, parts.clock)
      if (!passing(fetched.status) || attempt > parts.retries) throw new GaveUp(refusal, attempt, askedMs)
    } catch (error) {
      if (asked.signal.aborted) throw asked.signal.reason
      if (error instanceof GaveUp || error instanceof Fault) throw error
      if (attempt > parts.retries || isLasting(error)) throw new GaveUp(error, attempt)
    }
    await pause(parts.clock, attempt, asked.signal, askedMs)
  }
}

const isLasting = (error: unknown): boolean => isSilence(error) || isMistrust(error)

/** When the server wants to be asked again, in so many seconds or at a date. */
function retryAfterMs({ 'retry-after': wanted }: Fetched['headers'], clock: Clock): number {
  const text = String(wanted ?? '')
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - clock.nowMs()
  return Math.max(0, Math.min(longestAskedMs, ms || 0))
}

/** The attempts are used up, or another would not help. */
export class GaveUp extends Error {
  readonly attempts: number
  /** 0 = there was no answer. */
  readonly status: number
  /** How long the server wants to be left alone. */
  readonly askedMs: number
  constructor(error: unknown, attempts: number, askedMs = 0) {
    super(messageOf(error), { cause: error })
    this.attempts = attempts
    this.status = error instanceof FetchRefused ? error.status : 0
    this.askedMs = askedMs
  }

  /** Whether another attempt after a while may end otherwise. */
  get isPassing(): boolean {
    return this.status === 0 ? !isLasting(this.cause) : passing(this.status)
  }
}

export const pause = (clock: Clock, attempt: number, signal: AbortSignal, atLeastMs = 0): Promise<void> =>
  clock.sleep(Math.max(atLeastMs, retryPauseMs(attempt)), signal)

/** Each hop is a new request, so that its address is looked at again. A login stays with its origin. */
async function followRedirects({ dispatcher }: FetchParts, asked: Fetching): Promise<Fetched> {
  let url = asked.url
  for (let hops = 0; hops <= redirectLimit; hops++) {
    const isSameOrigin = new URL(url).origin === new URL(asked.url).origin
    const headers = {
      // A file as it is can be taken up where it broke.
      'accept-encoding': 'identity',
      ...asked.headers,
      ...(asked.authorization && isSameOrigin && { authorization: asked.authorization }),
    }
    const { request } = await import('undici')
    const answer = await request(url, { method: asked.method, headers, signal: asked.signal, dispatcher })
    const location = answer.headers['location']
    if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string') {
      return { status: answer.statusCode, headers: answer.headers, body: answer.body, url, isRedirected: hops > 0 }
    }
    await answer.body.dump({ limit: 64 * 1024 }).catch(() => {})
    url = redirected(location, url)
  }
  throw strayed(`the server redirects more than ${redirectLimit} times`)
}

function redirected(location: string, from: string): string {
  const next = URL.parse(location, from)
  if (next && (next.protocol === 'http:' || next.protocol === 'https:')) return next.href
  throw strayed(`the server redirects to ${JSON.stringify(location.slice(0, 200))}, which is no web address`)
}

/** Another attempt would go the same way. */
const strayed = (message: string): Fault =>
  new Fault('BadRequest', message, {
    hint: 'Name in the URL where the file is at last',
    details: { FailureClass: 'user' },
  })
