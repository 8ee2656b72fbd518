import type { ArchiveRest } from '#contracts/archive-bytes.ts'
import { isSilence } from '#lib/connection-trouble.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { type Fetched, type FetchParts, fetchWithRetries, GaveUp, pause } from './fetch.ts'

export type Wanted = {
  url: string
  authorization?: string
  signal: AbortSignal
  /** What is here already of one state of it. */
  rest?: ArchiveRest | undefined
}

/** A body that comes in whole, however often its connection breaks. */
export type Download = {
  /** Where it came from in the end. */
  url: string
  isRedirected: boolean
  headers: Fetched['headers']
  /** Where the chunks begin: where the rest does, if the server has it. */
  offset: number
  /** By which the server tells one state of it from another. */
  tag: string | undefined
  /** Undefined when the server does not say. */
  totalBytes: number | undefined
  /** To be read once, unless the parts are. Ends early by throwing; its length is what the server had said. */
  chunks: AsyncGenerator<Buffer>
  /** The same in parts of this size, to be read side by side; undefined when the server cannot, or it is not worth it. */
  parts(partBytes: number): Iterable<Part> | undefined
  /** Lets go of what was not read. */
  cancel(): Promise<void>
}

type Part = { fromByte: number; chunks(signal: AbortSignal): AsyncGenerator<Buffer> }

/** Begins a download. Throws GaveUp or a Fault when it cannot be begun. */
export async function beginDownload(fetching: FetchParts, wanted: Wanted): Promise<Download> {
  const { first, offset } = await firstOf(fetching, wanted)
  const restBytes = lengthOf(first.headers)
  const totalBytes = restBytes === undefined ? undefined : offset + restBytes
  const validator = validatorOf(first.headers)
  const read = (fromByte: number, toByte: number, signal: AbortSignal, body?: AsyncIterable<Buffer>) =>
    resumed(fetching, { ...wanted, signal }, { fromByte, toByte, validator }, body)
  const chunks = read(offset, totalBytes ?? Number.POSITIVE_INFINITY, wanted.signal, first.body)
  return {
    url: first.url,
    isRedirected: first.isRedirected,
    headers: first.headers,
    offset,
    tag: validator,
    totalBytes,
    chunks,
    parts: (partBytes) => {
      const isWorthIt = totalBytes !== undefined && totalBytes > 2 * partBytes
      return isWorthIt && offset === 0 && validator && canRange(first.headers)
        ? parts(totalBytes, partBytes, read, first.body)
        : undefined
    },
    cancel: async () => {
      first.body.on('error', () => {}).destroy()
      await chunks.return(undefined).catch(() => {})
    },
  }
}

/** The rest, or all of it when that is of another state, or the server cannot begin there. */
async function firstOf(fetching: FetchParts, { rest, ...wanted }: Wanted): Promise<{ first: Fetched; offset: number }> {
  if (rest) {
    const headers = { range: `bytes=${rest.offset}-`, 'if-range': rest.tag }
    const answer = await fetchWithRetries(fetching, { ...wanted, method: 'GET', headers }).catch((error: unknown) => {
      if (error instanceof GaveUp && error.status === 416) return undefined
      throw error
    })
    if (answer && answer.status !== 206) return { first: answer, offset: 0 }
    if (answer && startOf(answer) === rest.offset && validatorOf(answer.headers) === rest.tag)
      return { first: answer, offset: rest.offset }
    answer?.body.on('error', () => {}).destroy()
  }
  return { first: await fetchWithRetries(fetching, { ...wanted, method: 'GET' }), offset: 0 }
}

/** Where the answer to a question for a rest begins. */
const startOf = ({ headers }: Fetched): number => Number(/^bytes (\d+)-/.exec(String(headers['content-range']))?.[1])

type Read = (
  fromByte: number,
  toByte: number,
  signal: AbortSignal,
  body?: AsyncIterable<Buffer>,
) => AsyncGenerator<Buffer>

/** The answer that is there already brings the first. */
function* parts(totalBytes: number, partBytes: number, read: Read, first: AsyncIterable<Buffer>): Generator<Part> {
  for (let fromByte = 0; fromByte < totalBytes; fromByte += partBytes) {
    const toByte = Math.min(fromByte + partBytes, totalBytes)
    const body = fromByte === 0 ? first : undefined
    yield { fromByte, chunks: (signal) => read(fromByte, toByte, signal, body) }
  }
}

/** Content-Length of an answer; undefined without one. */
export function lengthOf(headers: Fetched['headers']): number | undefined {
  const text = headers['content-length']
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined
}

const canRange = (headers: Fetched['headers']): boolean =>
  headers['accept-ranges'] === 'bytes' && headers['content-encoding'] === undefined

/** `toByte` is the one after the last; infinite = whatever comes. */
type Stretch = { fromByte: number; toByte: number; validator: string | undefined }

async function* resumed(
  fetching: FetchParts,
  wanted: Wanted,
  { fromByte, toByte, validator }: Stretch,
  first: AsyncIterable<Buffer> | undefined,
): AsyncGenerator<Buffer> {
  let body = first
  let atByte = fromByte
  for (let attempts = 0; ; ) {
    const before = atByte
    try {
      body ??= await restOf(fetching, wanted, { fromByte: atByte, toByte, validator })
      for await (const chunk of body) {
        const piece = chunk.subarray(0, toByte - atByte)
        atByte += piece.length
        yield piece
        if (atByte === toByte) return
      }
      break
    } catch (error) {
      if (wanted.signal.aborted) throw wanted.signal.reason
      const isMoving = atByte > before
      attempts = isMoving ? 1 : attempts + 1
      const isOver = attempts > fetching.retries || (isSilence(error) && !isMoving)
      if (isOver || error instanceof Fault) throw error
      if (error instanceof GaveUp && !error.isPassing) throw error
      body = undefined
      await pause(fetching.clock, attempts, wanted.signal, error instanceof GaveUp ? error.askedMs : 0)
    }
  }
  if (toByte !== Number.POSITIVE_INFINITY && atByte !== toByte) {
    throw new GaveUp(new Error(`${atByte} bytes came instead of ${toByte}`), 1)
  }
}

/** The same content from `fromByte` on; a server that cannot do that is read from the start again. */
async function restOf(
  fetching: FetchParts,
  wanted: Wanted,
  { fromByte, toByte, validator }: Stretch,
): Promise<AsyncIterable<Buffer>> {
  const range = `bytes=${fromByte}-${toByte === Number.POSITIVE_INFINITY ? '' : toByte - 1}`
  const headers = { range, ...(validator && { 'if-range': validator }) }
  // Who goes on asks again: each break counts once.
  const rest = await fetchWithRetries({ ...fetching, retries: 0 }, { ...wanted, method: 'GET', headers })
  if (validator && validatorOf(rest.headers) !== validator) throw await changed(rest)
  if (rest.status !== 206) return skipping(rest.body, fromByte)
  if (startOf(rest) !== fromByte) throw await changed(rest)
  return rest.body
}

/** A strong tag, else the time of the last change: what the server can compare. */
function validatorOf(headers: Fetched['headers']): string | undefined {
  const { etag, 'last-modified': modified } = headers
  if (typeof etag === 'string' && etag.startsWith('"')) return etag
  return typeof modified === 'string' ? modified : undefined
}

async function* skipping(body: AsyncIterable<Buffer>, skipBytes: number): AsyncGenerator<Buffer> {
  let leftBytes = skipBytes
  for await (const chunk of body) {
    if (chunk.length > leftBytes) yield chunk.subarray(leftBytes)
    leftBytes = Math.max(0, leftBytes - chunk.length)
  }
}

async function changed(answer: Fetched): Promise<Fault> {
  await answer.body.dump({ limit: 64 * 1024 }).catch((error) => messageOf(error))
  return new Fault('Conflict', 'the content changed while it was fetched', {
    isRetryable: true,
    details: { FailureClass: 'transient' },
  })
}
