import { createHash } from 'node:crypto'
import { close, createReadStream, open as openFd, writev } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { FileCache, FileOrigin } from '#contracts/file-cache.ts'
import { Fault } from '#lib/fault.ts'
import { isFolderMarker, objectPath } from '#lib/s3/input-key.ts'
import type { S3Source } from '#lib/s3/params.ts'
import { sideBySide } from '#lib/side-by-side.ts'
import { writeAt } from '#lib/write-at.ts'
import { type AskedStore, askStretch, askWhole, type Stretch } from './ask-object.ts'
import { bringStretch, type Patience } from './bring-stretch.ts'
import { s3Fault } from './faults.ts'
import { checksumFault, type S3Listing, type S3Object } from './listing.ts'

export type BringParts = Pick<AskedStore, 'client' | 'get'> &
  Patience & {
    /** Absent = every object comes from the store. */
    cache?: FileCache
    /** Told of bytes as they come; some may come twice. */
    onBytes?: (bytes: number) => void
  }

/** What is brought, and where to. */
export type Brought = { source: S3Source; listing: S3Listing; directory: string }

/** Objects and stretches of large ones that are on their way at once. */
const mostAtOnce = 16
const stretchBytes = 16 * 1024 * 1024

/**
 * Brings all objects of a listing into an empty folder, several at a time, large ones in stretches. What breaks on the way is
 * taken up again where it broke. Gives how they came. Throws a Fault that names the object; the caller removes what is there then.
 */
export async function bringObjects(
  parts: BringParts,
  { source, listing, directory }: Brought,
  signal: AbortSignal,
): Promise<Set<FileOrigin>> {
  const { client, get, cache } = parts
  const { objects, prefix, isSingle } = listing
  const store = { client, get, source, isSingle }
  const origins = new Set<FileOrigin>()
  const folders = new Set([directory])
  const stretchesAtOnce = Math.max(1, Math.floor(mostAtOnce / objects.length))
  await sideBySide(objects, mostAtOnce, signal, async (object, either) => {
    const what = `s3://${source.Bucket}/${object.key}`
    const path = join(directory, objectPath(prefix, object.key))
    if (isFolderMarker(object.key)) return makeFolder(path, folders, what)
    await makeFolder(dirname(path), folders, what)
    const bring = () => bringObject(parts, store, { object, path, what, stretchesAtOnce }, either)
    if (!cache || object.etag === '') {
      await bring()
      return void origins.add('brought')
    }
    const key = JSON.stringify(['s3', source.Endpoint, source.Bucket, object, isSingle && source.VersionID])
    const origin = await cache.file(key, path, bring, either).catch((error: unknown) => {
      throw nameFault(error, what)
    })
    origins.add(origin)
  })
  if (isSingle && source.ChecksumSHA256) await checkContent(source, listing, directory, signal)
  return origins
}

/** An object that becomes the file `path`. */
type ObjectPlace = { object: S3Object; path: string; what: string; stretchesAtOnce: number }

async function bringObject(
  { clock, retries, onBytes }: BringParts,
  store: AskedStore,
  { object, path, what, stretchesAtOnce }: ObjectPlace,
  signal: AbortSignal,
): Promise<void> {
  const content = await askWhole(store, object, signal)
  if (Array.isArray(content)) return writeWhole(content, path, what, onBytes)
  const file = await newFile(path, what)
  const way = content === 'refused' ? { ...store, get: undefined } : store
  const bring = (stretch: Stretch, each: AbortSignal) =>
    bringStretch(
      { clock, retries, file, stretch, what, onBytes },
      (receivedBytes) => askStretch(way, stretch, receivedBytes, each),
      each,
    )
  try {
    await (object.sizeBytes <= 2 * stretchBytes
      ? bring({ object, offset: 0, lengthBytes: object.sizeBytes, isWhole: true }, signal)
      : sideBySide(stretchesOf(object), stretchesAtOnce, signal, bring))
  } finally {
    await file.close()
  }
}

function* stretchesOf(object: S3Object): Generator<Stretch> {
  for (let offset = 0; offset < object.sizeBytes; offset += stretchBytes) {
    yield { object, offset, lengthBytes: Math.min(stretchBytes, object.sizeBytes - offset), isWhole: false }
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

const named = (message: string): Fault =>
  new Fault('BadRequest', message, {
    hint: 'A Filter, or a longer Key, leaves it out of the input',
    details: { FailureClass: 'user' },
  })
