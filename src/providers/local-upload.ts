import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { cutChunks } from '#lib/cut-chunks.ts'
import { Fault } from '#lib/fault.ts'
import { type ChunkList, namedChunks } from '#models/chunk-list.ts'
import { packFolder } from './pack-folder.ts'

const pieceBytes = 1024 * 1024

/** A file or folder of this machine as it is sent with a job. */
export type LocalUpload = {
  list: ChunkList
  /** Of a folder what is not in it, and why: links that lead out, pipes, devices. */
  leftOut: ReadonlyMap<string, string>
  /** The chunks again, to be sent. */
  chunks(): AsyncIterable<Buffer>
}

/** What is sent must be what was read at first. */
export const changedMeanwhile = (what: string): Fault =>
  new Fault('Conflict', `${what} while it was sent`, { hint: 'Run the command again when nothing changes there.' })

/** Of something whose name was read a moment ago: also when a file stands where its folder was. */
const isGone = (error: unknown): error is NodeJS.ErrnoException =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

/** What is there, without reading it. Throws a Fault NotFound or BadRequest, or what the system says. */
export async function uploadStat(path: string): Promise<Stats> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    const hint = path.includes(':') ? 'A target is absolute: ./FILE:/TARGET' : undefined
    throw new Fault('NotFound', `${path}: no such file or folder`, { ...(hint && { hint }) })
  })
  if (dirname(path) === path) throw new Fault('BadRequest', 'a whole file system is not sent with a job')
  if (info.isDirectory() || info.isFile()) return info
  throw new Fault('BadRequest', `${path} is neither a file nor a folder`)
}

/**
 * Reads all of it once; `onRead` is told how many bytes so far. Throws as `uploadStat` does, and, whenever it reads, the reason
 * of the signal.
 */
export async function localUpload(
  path: string,
  signal: AbortSignal,
  onRead: (bytes: number) => void = () => {},
): Promise<LocalUpload> {
  const info = await uploadStat(path)
  const isFolder = info.isDirectory()
  const leftOut = new Map<string, string>()
  async function* chunks(): AsyncGenerator<Buffer> {
    const bytes = isFolder
      ? packFolder(path, { isPlain: true, onLeftOut: (name, why) => leftOut.set(name, why) })
      : createReadStream(path, { highWaterMark: pieceBytes })
    try {
      for await (const chunk of cutChunks(bytes)) {
        signal.throwIfAborted()
        yield chunk
      }
    } catch (error) {
      throw isGone(error) ? changedMeanwhile(`${error.path} was removed`) : error
    }
  }
  let readBytes = 0
  const Chunks = await namedChunks(chunks(), ({ SizeBytes }) => onRead((readBytes += SizeBytes)))
  const list: ChunkList = {
    Form: isFolder ? 'folder' : 'file',
    IsExecutable: !isFolder && (info.mode & 0o111) !== 0,
    Chunks,
  }
  return { list, leftOut, chunks }
}
