import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { type Ask, inTime, TooLate, unanswered } from './ask.ts'

const answerLimitBytes = 64 * 1024
const reasonLimit = 1024

/**
 * A server that accepts a job by its answer to a POST: a status of success, and where the answer is JSON, `shouldBid` in it.
 * Throws a Fault for an address that cannot be asked at all.
 */
export function httpProbe(address: string, clock: Clock): Ask {
  const { url, headers, shown } = targetOf(address)
  return async (question, signal) => {
    try {
      return await inTime(clock, signal, async (within) => {
        const answer = await fetch(url, { method: 'POST', headers, body: question, signal: within })
        return await verdictOf(answer, shown)
      })
    } catch (error) {
      signal.throwIfAborted()
      // What `fetch` throws is a TypeError, whatever it was.
      if (error instanceof Fault) throw error
      if (error instanceof TooLate || error instanceof TypeError) throw unanswered(urlText(shown), causeOf(error))
      return refuse(shown, messageOf(error))
    }
  }
}

/** Too many questions, or nobody behind the door: that is not the judge's word. */
const awayStatuses = [429, 502, 503, 504]

const refuse = (shown: string, why: string): Verdict =>
  no(`this node does not accept jobs where ${urlText(shown)} ${why}`)

const urlText = (shown: string): string => `url ${JSON.stringify(shown)}`

/** A password and what else an address may hold in confidence is not told to those who submit jobs. */
function targetOf(address: string): { url: string; headers: Record<string, string>; shown: string } {
  const url = URL.parse(address)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Fault('BadRequest', 'invalid config: JobAdmissionControl.ProbeHTTP is not an http or https URL', {
      component: 'Config',
    })
  }
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const headers = {
    'Content-Type': 'application/json',
    ...(login === ':' ? {} : { Authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
  }
  url.username = ''
  url.password = ''
  return { url: url.href, headers, shown: url.origin + url.pathname }
}

async function verdictOf(answer: Response, shown: string): Promise<Verdict> {
  const mediaType = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (answer.ok && mediaType === 'application/json') return judgement(await beginningOf(answer), shown)
  await answer.body?.cancel()
  if (awayStatuses.includes(answer.status))
    throw unanswered(urlText(shown), `returns HTTP status code ${answer.status}`)
  return answer.ok ? yes : refuse(shown, `returns HTTP status code ${answer.status}`)
}

/** Keys in either case: 1.4 writes `shouldBid`, 1.9 `ShouldBid`. One that asks to wait for an approval has not agreed. */
function judgement(text: string, shown: string): Verdict {
  const fields = new Map(Object.entries(objectOf(text)).map(([key, value]) => [key.toLowerCase(), value]))
  if (fields.get('shouldbid') === true && fields.get('shouldwait') !== true) return yes
  const reason = fields.get('reason')
  return typeof reason === 'string' && reason.trim() !== ''
    ? no(`this node does not accept this job: ${reason.trim().slice(0, reasonLimit)}`)
    : refuse(shown, 'says no')
}

function objectOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Told below, without the text.
  }
  throw new Error('gives an answer that is no JSON object')
}

async function beginningOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for await (const part of answer.body ?? []) {
    sizeBytes += part.length
    if (sizeBytes > answerLimitBytes) throw new Error(`answers with more than ${answerLimitBytes / 1024} KiB`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** `fetch` says that it failed; why is in the cause. */
const causeOf = (error: unknown): string =>
  error instanceof TypeError && error.cause ? `cannot be asked: ${messageOf(error.cause)}` : messageOf(error)
