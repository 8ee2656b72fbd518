import { Fault, messageOf } from '#lib/fault.ts'
import { type Fetched, type FetchParts, fetchWithRetries, GaveUp, pause } from './fetch.ts'

export type Wanted = { url: string; authorization?: string; signal: AbortSignal }

/** A body that comes in whole, however often its connection breaks. */
export type Download = {
  /** Where it came from in the end. */
  url: string
  isRedirected: boolean
  headers: Fetched['headers']
  /** Undefined when the server does not say. */
  totalBytes: number | undefined
  /** To be read once. Ends early by throwing; its length is what the server had said. */
  chunks: AsyncGenerator<Buffer>
  /** Lets go of what was not read. */
  cancel(): Promise<void>
}

/** Begins a download. Throws GaveUp or a Fault when it cannot be begun. */
export async function beginDownload(parts: FetchParts, wanted: Wanted): Promise<Download> {
  const first = await fetchWithRetries(parts, { ...wanted, method: 'GET' })
  const totalBytes = lengthOf(first.headers)
  const chunks = resumed(parts, wanted, first, totalBytes)
  return {
    url: first.url,
    isRedirected: first.isRedirected,
    headers: first.headers,
    totalBytes,
    chunks,
    cancel: async () => {
      first.body.on('error', () => {}).destroy()
      await chunks.return(undefined).catch(() => {})
    },
  }
}

/** Content-Length of an answer; undefined without one. */
export function lengthOf(headers: Fetched['headers']): number | undefined {
  const text = headers['content-length']
  return typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : undefined
}

async function* resumed(
  parts: FetchParts,
  wanted: Wanted,
  first: Fetched,
  totalBytes: number | undefined,
): AsyncGenerator<Buffer> {
  const validator = validatorOf(first.headers)
  let body: AsyncIterable<Buffer> = first.body
  let gotBytes = 0
  let attempts = 0
  for (;;) {
    const before = gotBytes
    try {
      for await (const chunk of body) {
        gotBytes += chunk.length
        yield chunk
      }
      break
    } catch (error) {
      if (wanted.signal.aborted) throw wanted.signal.reason
      attempts = gotBytes > before ? 1 : attempts + 1
      if (error instanceof Fault || attempts > parts.retries) throw error
      await pause(parts.clock, attempts, wanted.signal)
      body = await restOf(parts, wanted, gotBytes, validator)
    }
  }
  if (totalBytes !== undefined && gotBytes !== totalBytes) {
    throw new GaveUp(new Error(`${gotBytes} bytes came instead of ${totalBytes}`), 1)
  }
}

/** The same content from `fromByte` on; a server that cannot do that is read from the start again. */
async function restOf(
  parts: FetchParts,
  wanted: Wanted,
  fromByte: number,
  validator: string | undefined,
): Promise<AsyncIterable<Buffer>> {
  const headers = { range: `bytes=${fromByte}-`, ...(validator && { 'if-range': validator }) }
  const rest = await fetchWithRetries(parts, { ...wanted, method: 'GET', headers })
  if (validator && validatorOf(rest.headers) !== validator) throw await changed(rest)
  if (rest.status !== 206) return skipping(rest.body, fromByte)
  const [, start] = /^bytes (\d+)-/.exec(String(rest.headers['content-range'])) ?? []
  if (Number(start) !== fromByte) throw await changed(rest)
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
