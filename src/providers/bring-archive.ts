import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { ArchiveWishes, BringArchive, UnpackLimits } from '#contracts/archive.ts'
import type { ArchiveBytes, ArchiveRest } from '#contracts/archive-bytes.ts'
import { Fault, faultOf, isDiskFull, messageOf } from '#lib/fault.ts'
import { writeAt } from '#lib/write-at.ts'
import { unpackTarGz } from './unpack-tar.ts'

/** A result is as large as its owner's disk takes; one file at most this. */
export const resultLimits = {
  totalBytes: Number.MAX_SAFE_INTEGER / 2,
  fileBytes: 100 * 1000 ** 3,
  entries: 10_000_000,
}

/** What unpacks to more than the first, and to more than the second times its size, is meant to fill a disk. */
const harmlessBytes = 10 * 1000 ** 3
const mostRatio = 200

export const bringArchive: BringArchive = async (openArchive, directory, wishes) => {
  const path = `${directory}.archive`
  await write(await openArchive(await restOf(path)), path, wishes)
  try {
    await check(path, wishes)
    await unpackTarGz(createReadStream(path), directory, await limitsOf(path), wishes.signal, wishes.isWanted)
  } catch (error) {
    const { code } = faultOf(error)
    if (code === 'ResourceExhausted') throw leftPacked(error, path)
    // One that cannot be unpacked is asked for anew; one that was not given time or room is unpacked by the next call.
    if (!wishes.signal.aborted && code !== 'StorageFull') await forget(path)
    throw error
  }
  await forget(path)
}

async function limitsOf(path: string): Promise<UnpackLimits> {
  const { size } = await stat(path)
  return { ...resultLimits, totalBytes: Math.max(harmlessBytes, mostRatio * size) }
}

/** Begins one byte before what is missing, so that there is something to answer also when nothing is. */
async function restOf(path: string): Promise<ArchiveRest | undefined> {
  try {
    const tag = await readFile(tagOf(path), 'utf8')
    const { size } = await stat(path)
    return size > 1 ? { offset: size - 1, tag } : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function write(bytes: ArchiveBytes, path: string, { progress, signal }: ArchiveWishes): Promise<void> {
  const { offset, tag, totalBytes, chunks } = bytes
  if (offset === 0) {
    await forget(path)
    if (tag !== undefined) await writeFile(tagOf(path), tag)
  }
  // Not through a stream: when the transfer breaks, what a stream has not written yet would be lost.
  const file = await open(path, offset > 0 ? 'r+' : 'wx')
  let receivedBytes = offset
  try {
    await file.truncate(offset)
    for await (const chunk of chunks) {
      await writeAt(file, [chunk], receivedBytes)
      receivedBytes += chunk.length
      progress(receivedBytes, totalBytes)
    }
    if (totalBytes !== undefined && receivedBytes !== totalBytes) throw cutShort(receivedBytes, totalBytes)
  } catch (error) {
    if (tag === undefined) await forget(path)
    throw signal.aborted ? signal.reason : diskFault(error)
  } finally {
    await file.close()
  }
}

async function check(path: string, { sha256, signal }: ArchiveWishes): Promise<void> {
  if (sha256 === undefined) return
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { signal })
  const got = hash.digest('hex')
  if (got !== sha256.toLowerCase()) throw otherDigest(got, sha256)
}

const tagOf = (path: string): string => `${path}.tag`

/** The bytes first: alone, those of a tag would be taken for those of the next. */
async function forget(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(tagOf(path), { force: true })
}

const diskFault = (error: unknown): unknown =>
  isDiskFull(error) ? new Fault('StorageFull', 'no space left for the archive', { cause: error }) : error

/** Its owner may know better, and it is all there is of the result. */
const leftPacked = (error: unknown, path: string): Fault =>
  new Fault('ResourceExhausted', messageOf(error), {
    hint: `It was left packed: ${path}. If you trust it, \`tar -xzf\` unpacks it.`,
    cause: error,
  })

const cutShort = (gotBytes: number, totalBytes: number): Fault =>
  new Fault('ServiceUnavailable', `${gotBytes} bytes of the archive came instead of ${totalBytes}`, {
    isRetryable: true,
  })

const otherDigest = (got: string, wanted: string): Fault =>
  new Fault('Conflict', `the archive came with the SHA-256 digest ${got} instead of ${wanted}`, {
    hint: 'Nothing of it was kept; ask again.',
    isRetryable: true,
  })
