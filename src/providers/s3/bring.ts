import { createHash } from 'node:crypto'
import { close, createReadStream, open as openFd, writev } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { S3Client } from '@aws-sdk/client-s3'
import type { FileCache, FileOrigin } from '#contracts/file-cache.ts'
import type { Clock } from '#lib/clock.ts'
import { isSilence } from '#lib/connection-trouble.ts'
import { Fault, isDiskFull } from '#lib/fault.ts'
import { retryPauseMs } from '#lib/retry-pause.ts'
import { isFolderMarker, objectPath } from '#lib/s3/input-key.ts'
import type { S3Source } from '#lib/s3/params.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import { writeAt } from '#lib/write-at.ts'
import { s3Fault } from './faults.ts'
import { checksumFault, type S3Listing, type S3Object } from './listing.ts'
import { type ObjectGetter, Refused } from './object-getter.ts'
import { objectUrlPath } from './signed-get.ts'

export type BringParts = {
  client: S3Client
  /** A faster way to the same objects; absent = there is none. */
  get?: ObjectGetter | undefined
  clock: Clock
  retries: number
  /** Absent = every object comes from the store. */
  cache?: FileCache
  /** Told of bytes as they come; some may come twice. */
  onBytes?: (bytes: number) => void
}

/** Objects and pieces of large ones that are on their way at once. */
const mostAtOnce = 16
const pieceBytes = 16 * 1024 * 1024
const gatheredBytes = 256 * 1024

/** A stretch of one object. */
type Piece = { object: S3Object; offset: number; lengthBytes: number; isWhole: boolean }

/**
 * Brings all objects of a listing into an empty folder, several at a time, large ones in pieces. What breaks on the way is
 * taken up again where it broke. Gives how they came. Throws a Fault that names the object; the caller removes what is there then.
 */
export async function bringObjects(
  parts: BringParts,
  source: S3Source,
  listing: S3Listing,
  directory: string,
  signal: AbortSignal,
): Promise<Set<FileOrigin>> {
  const { objects, prefix } = listing
  const origins = new Set<FileOrigin>()
  const folders = new Set([directory])
  const piecesAtOnce = Math.max(1, Math.floor(mostAtOnce / objects.length))
  await sideBySide(objects, mostAtOnce, signal, async (object, either) => {
    const what = `s3://${source.Bucket}/${object.key}`
    const path = join(directory, objectPath(prefix, object.key))
    if (isFolderMarker(object.key)) return makeFolder(path, folders, what)
    await makeFolder(dirname(path), folders, what)
    const bring = async () => {
      const content = await askWhole(parts, source, listing, object, either)
      if (Array.isArray(content)) return writeWhole(content, path, what, parts.onBytes)
      const file = await newFile(path, what)
      const way = content === 'refused' ? { ...parts, get: undefined } : parts
      const bringPiece = (piece: Piece, each: AbortSignal) =>
        withRetries(parts, what, each, async (receivedBytes) => {
          const body = await ask(way, source, listing, piece, receivedBytes, each)
          return write(body, file, piece, receivedBytes, parts.onBytes)
        })
      try {
        await (object.sizeBytes <= 2 * pieceBytes
          ? bringPiece({ object, offset: 0, lengthBytes: object.sizeBytes, isWhole: true }, either)
          : sideBySide(piecesOf(object), piecesAtOnce, either, bringPiece))
      } finally {
        await file.close()
      }
    }
    if (!parts.cache || object.etag === '') {
      await bring()
      return void origins.add('brought')
    }
    const key = JSON.stringify(['s3', source.Endpoint, source.Bucket, object, listing.isSingle && source.VersionID])
    const origin = await parts.cache.file(key, path, bring, either).catch((error: unknown) => {
      throw nameFault(error, what)
    })
    origins.add(origin)
  })
  if (listing.isSingle && source.ChecksumSHA256) await checkContent(source, listing, directory, signal)
  return origins
}

function* piecesOf(object: S3Object): Generator<Piece> {
  for (let offset = 0; offset < object.sizeBytes; offset += pieceBytes) {
    yield { object, offset, lengthBytes: Math.min(pieceBytes, object.sizeBytes - offset), isWhole: false }
  }
}

/** Keys know no folders: one may be a file for one object and a folder for the next. */
async function newFile(path: string, what: string): Promise<FileHandle> {
  return open(path, 'wx').catch((error: unknown) => {
    throw nameFault(error, what)
  })
}

async function makeFolder(path: string, folders: Set<string>, what: string): Promise<void> {
  if (folders.has(path)) return
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw nameFault(error, what)
  })
  folders.add(path)
}

function nameFault(error: unknown, what: string): Fault {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENAMETOOLONG') return named(`${what}: its name is too long for a file`)
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR') {
    return named(`${what}: another object of this input has the same name as a file or folder`)
  }
  return s3Fault(error, what)
}

/** A small object in one go; undefined = it is to be asked for as others are, with what helps when that fails. */
async function askWhole(
  { get }: BringParts,
  source: S3Source,
  { isSingle }: S3Listing,
  { key, sizeBytes, etag }: S3Object,
  signal: AbortSignal,
): Promise<Buffer[] | 'refused' | undefined> {
  if (!get || sizeBytes > gatheredBytes || (isSingle && source.VersionID)) return undefined
  const headers: Record<string, string> = isSingle && etag ? { 'if-match': etag } : {}
  const content = await get
    .whole(objectUrlPath(source.Bucket, key), headers, sizeBytes, signal)
    .catch((error: unknown) => {
      if (isSilence(error)) throw s3Fault(error, `s3://${source.Bucket}/${key}`)
      return error instanceof Refused ? 'refused' : undefined
    })
  signal.throwIfAborted()
  return content
}

/** By its number: a handle takes longer for so small a file. Not at once, which a slow file system would make everybody wait for. */
async function writeWhole(
  content: readonly Buffer[],
  path: string,
  what: string,
  onBytes: BringParts['onBytes'],
): Promise<void> {
  try {
    const fd = await opened(path, 'wx')
    try {
      if (content.length > 0) await writeAt({ writev: (pieces, at) => writePieces(fd, pieces, at) }, content, 0)
    } finally {
      await closed(fd)
    }
  } catch (error) {
    throw nameFault(error, what)
  }
  onBytes?.(content.reduce((sum, { length }) => sum + length, 0))
}

const opened = promisify<string, string, number>(openFd)
const closed = promisify(close)
const writePieces = promisify(writev)

async function ask(
  { client, get }: BringParts,
  source: S3Source,
  { isSingle }: S3Listing,
  { object, offset, lengthBytes, isWhole }: Piece,
  receivedBytes: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const isPart = !isWhole || receivedBytes > 0
  const Range = isPart ? `bytes=${offset + receivedBytes}-${offset + lengthBytes - 1}` : undefined
  // All pieces must be of one state of the object.
  const IfMatch = (isSingle || isPart) && object.etag ? object.etag : undefined
  const VersionId = isSingle && source.VersionID ? source.VersionID : undefined
  if (get && !VersionId) {
    const headers = { ...(Range ? { range: Range } : {}), ...(IfMatch ? { 'if-match': IfMatch } : {}) }
    const answer = await get
      .answer(objectUrlPath(source.Bucket, object.key), headers, signal)
      .catch((error: unknown) => {
        if (isSilence(error)) throw error
      })
    if (answer?.statusCode === (Range ? 206 : 200)) return answer.body
    await answer?.body.dump()
    signal.throwIfAborted()
  }
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body } = await client.send(
    new GetObjectCommand({
      Bucket: source.Bucket,
      Key: object.key,
      ...(Range ? { Range } : {}),
      ...(IfMatch ? { IfMatch } : {}),
      ...(VersionId ? { VersionId } : {}),
    }),
    { abortSignal: signal },
  )
  return Body as AsyncIterable<Buffer>
}

/** Returns how much of the piece is there now; what breaks says so with it. */
async function write(
  body: AsyncIterable<Buffer>,
  file: FileHandle,
  { offset, lengthBytes, object }: Piece,
  alreadyBytes: number,
  onBytes: BringParts['onBytes'],
): Promise<number> {
  let receivedBytes = alreadyBytes
  try {
    for await (const chunks of gathered(body)) {
      const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
      if (receivedBytes + bytes > lengthBytes) throw changed(object)
      await writeAt(file, chunks, offset + receivedBytes)
      receivedBytes += bytes
      onBytes?.(bytes)
    }
  } catch (error) {
    throw error instanceof Fault ? error : new Broken(error, receivedBytes)
  }
  if (receivedBytes < lengthBytes) throw new Broken(new Error('the connection ended early'), receivedBytes)
  return receivedBytes
}

/** Small objects are written at once. What has come before a break is given too. */
async function* gathered(body: AsyncIterable<Buffer>): AsyncIterable<Buffer[]> {
  let chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes < gatheredBytes) continue
      yield chunks
      chunks = []
      bytes = 0
    }
  } catch (error) {
    if (bytes > 0) yield chunks
    throw error
  }
  if (bytes > 0) yield chunks
}

/** A transfer that can go on from where it broke. */
class Broken extends Error {
  readonly receivedBytes: number
  constructor(cause: unknown, receivedBytes: number) {
    super((cause as Error).message, { cause })
    this.receivedBytes = receivedBytes
  }
}

async function withRetries(
  { clock, retries }: BringParts,
  what: string,
  signal: AbortSignal,
  work: (receivedBytes: number) => Promise<number>,
): Promise<void> {
  let receivedBytes = 0
  for (let attempt = 1; ; attempt++) {
    try {
      await work(receivedBytes)
      return
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!(error instanceof Broken)) throw s3Fault(error, what)
      const isMoving = error.receivedBytes > receivedBytes
      const isOver = isDisk(error.cause) || attempt > retries || (isSilence(error.cause) && !isMoving)
      if (isOver) throw s3Fault(error.cause, what)
      // A transfer that moves is no failing one.
      if (isMoving) attempt = 0
      receivedBytes = error.receivedBytes
      await clock.sleep(retryPauseMs(Math.max(1, attempt)), signal)
    }
  }
}

const isDisk = (error: unknown): boolean => isDiskFull(error) || (error as NodeJS.ErrnoException).code === 'EIO'

async function checkContent(
  source: S3Source,
  listing: S3Listing,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  // Of an object that was sent in parts the store sums up the parts.
  if (source.ChecksumSHA256.includes('-')) return
  const path = join(directory, objectPath(listing.prefix, listing.objects[0]?.key ?? ''))
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { signal })
  const got = hash.digest('base64')
  if (got === source.ChecksumSHA256) return
  await rm(path, { force: true })
  throw checksumFault(source, got)
}

const changed = ({ key }: S3Object): Fault =>
  new Fault('ServiceUnavailable', `the object ${JSON.stringify(key)} changed while it was read`, {
    details: { FailureClass: 'transient' },
    isRetryable: true,
  })
const named = (message: string): Fault =>
  new Fault('BadRequest', message, {
    hint: 'A Filter, or a longer Key, leaves it out of the input',
    details: { FailureClass: 'user' },
  })
