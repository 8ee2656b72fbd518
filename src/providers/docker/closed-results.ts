import { lstat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import {
  createTarDecoder,
  createTarPacker,
  type ParsedTarEntry,
  type TarHeader,
  type TarPackController,
} from 'modern-tar'
import type { RunRequest } from '#contracts/engine.ts'
import { inside } from '#lib/byte-path.ts'
import type { DockerApi } from './api.ts'
import { isRootsEngine } from './engine-kind.ts'
import { openFolder } from './open-folder.ts'

export type Owner = { uid: number; gid: number }

/**
 * Gives `owner`, as whom this process runs, what a container that has ended left in its results and closed to all but its own user:
 * such folders could not be looked into nor removed, such files not be read. The engine changes them, which runs as root; nothing
 * is done on others. Throws a Fault when it does not do it.
 */
export async function openResults(
  api: DockerApi,
  id: string,
  outputs: RunRequest['outputs'],
  owner: Owner,
): Promise<void> {
  for (const { hostPath, resultPath } of outputs) {
    if (!(await hasClosed(hostPath, owner))) continue
    if (!(await isRootsEngine(api))) return
    const path = `/containers/${id}/archive`
    const query = { path: resultPath.Path }
    const archive = await api.stream('GET', path, { query })
    try {
      // Podman would give them to the user of the container.
      const put = { ...query, copyUIDGID: false }
      await api.call('PUT', path, { query: put, content: closedOf(archive, owner), deadlineMs: 0 })
    } finally {
      archive.destroy()
    }
  }
}

async function hasClosed(folder: string | Buffer, owner: Owner): Promise<boolean> {
  for await (const { name } of await openFolder(folder)) {
    const path = inside(folder, name)
    const info = await lstat(path)
    if (info.uid !== owner.uid && isClosed(info.isDirectory(), info.isFile(), info.mode)) return true
    if (info.isDirectory() && (await hasClosed(path, owner))) return true
  }
  return false
}

/** Folders because nobody else may remove what is in them. */
const isClosed = (isFolder: boolean, isFile: boolean, mode: number): boolean =>
  isFolder || (isFile && (mode & 0o4) === 0)

/** What is closed in an archive of the engine, with its new owner, as another archive. */
function closedOf(archive: Readable, owner: Owner): Readable {
  const { readable, controller } = createTarPacker()
  repack(archive, owner, controller).catch((error: unknown) => controller.error(error))
  return Readable.fromWeb(readable as NodeReadableStream)
}

async function repack(archive: Readable, owner: Owner, packed: TarPackController): Promise<void> {
  const bytes = Readable.toWeb(archive) as ReadableStream<Uint8Array>
  for await (const { header, body } of bytes.pipeThrough(createTarDecoder()) as AsyncIterable<ParsedTarEntry>) {
    const given = opened(header, owner)
    if (given) await body.pipeTo(packed.add(given))
    else await body.cancel()
  }
  packed.finalize()
}

/** Without the bits that make a program run as its owner, who is another one now. */
function opened(
  { name, type, mode = 0, size, mtime, linkname }: TarHeader,
  { uid, gid }: Owner,
): TarHeader | undefined {
  const isFolder = type === 'directory'
  if (!isClosed(isFolder, type === 'file' || type === 'link', mode)) return undefined
  const own = { uid, gid, mode: (mode & 0o777) | (isFolder ? 0o700 : 0o600), size, ...(mtime && { mtime }) }
  const link = type === 'link' && linkname !== undefined && { linkname: belowFirst(linkname) }
  return { ...own, name: belowFirst(name), ...(type && { type }), ...link }
}

/** The engine names all by the last folder of the path that it is asked for, and takes names below it. */
const belowFirst = (name: string): string => name.replace(/^[^/]*\/?/, '') || './'
