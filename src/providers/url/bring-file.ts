import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Fault, messageOf } from '#lib/fault.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import type { Download } from './download.ts'
import { shownUrl, type UrlSource } from './source.ts'

const writeBytes = 1024 * 1024
/** Parts of a large file that are on their way at once, and their size. */
const mostAtOnce = 4
const partBytes = 16 * 1024 * 1024

/**
 * Writes what a download brings to a new file, a large one in parts side by side, and holds it against the checksum that was asked
 * for. Throws a Fault for what is too large or is not what was asked for; the caller removes the file then.
 */
export async function bringFile(
  download: Download,
  path: string,
  source: UrlSource,
  mostBytes: number,
  signal: AbortSignal,
): Promise<void> {
  if ((download.totalBytes ?? 0) > mostBytes) throw tooLarge(source.url, mostBytes)
  const parts = download.parts(partBytes)
  if (parts) {
    await (await open(path, 'wx')).close()
    await sideBySide(parts, mostAtOnce, signal, async ({ fromByte, chunks }, either) => {
      const file = createWriteStream(path, { flags: 'r+', start: fromByte, highWaterMark: writeBytes })
      await pipeline(Readable.from(chunks(either)), file, { signal: either })
    })
  } else {
    const bounded = (chunks: AsyncIterable<Buffer>) => within(chunks, mostBytes, source.url)
    const file = createWriteStream(path, { flags: 'wx', highWaterMark: writeBytes })
    const stages = [Readable.from(download.chunks), ...decoders(download, source.url), bounded, file] as const
    await pipeline([...stages], { signal }).catch((error: unknown) => {
      throw isUnpacking(error) ? notUnpacked(source.url, error) : error
    })
  }
  if (source.sha256 !== undefined) await checkContent(path, source.url, source.sha256, signal)
}

/** Some servers send files compressed although nobody asks for that. */
export const isEncoded = (headers: Download['headers']): boolean =>
  !['', 'identity'].includes([headers['content-encoding'] ?? ''].join())

function decoders({ headers }: Download, url: string): NodeJS.ReadWriteStream[] {
  if (!isEncoded(headers)) return []
  const encoding = String(headers['content-encoding'])
  if (/^(?:x-)?gzip$/i.test(encoding)) return [createGunzip()]
  throw refused(
    `${shownUrl(url)} comes encoded as ${JSON.stringify(encoding)}, which this node cannot read`,
    'Name a URL at which the file is served as it is, or as gzip',
  )
}

const isUnpacking = (error: unknown): boolean => String((error as NodeJS.ErrnoException).code).startsWith('Z_')

const notUnpacked = (url: string, error: unknown): Fault =>
  new Fault(
    'ServiceUnavailable',
    `${shownUrl(url)} comes encoded as gzip and cannot be unpacked: ${messageOf(error)}`,
    {
      details: { FailureClass: 'transient' },
      isRetryable: true,
    },
  )

async function* within(chunks: AsyncIterable<Buffer>, mostBytes: number, url: string): AsyncGenerator<Buffer> {
  let sizeBytes = 0
  for await (const chunk of chunks) {
    sizeBytes += chunk.length
    if (sizeBytes > mostBytes) throw tooLarge(url, mostBytes)
    yield chunk
  }
}

async function checkContent(path: string, url: string, sha256: string, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { signal })
  const got = hash.digest('hex')
  if (got === sha256) return
  throw refused(`checksum mismatch for ${shownUrl(url)}, expected ${sha256}, got ${got}`, otherContentHint)
}

const otherContentHint = 'Something else is at the URL than ChecksumSHA256 says: check both'

const refused = (message: string, hint: string): Fault =>
  new Fault('BadRequest', message, { hint, details: { FailureClass: 'user' } })

const tooLarge = (url: string, mostBytes: number): Fault =>
  new Fault('ResourceExhausted', `${shownUrl(url)} is larger than the ${mostBytes} bytes that this input may take`, {
    hint: 'Ask for more disk in the Resources of the task',
    details: { FailureClass: 'resource' },
  })
