import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink, realpath } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { createTarPacker, type TarPackController } from 'modern-tar'
import type { OnLeftOut } from '#contracts/archive.ts'
import { Fault } from '#lib/fault.ts'
import { badName, folderEntries } from '#lib/folder-entries.ts'

const readBytes = 256 * 1024

/**
 * A folder as the bytes of a tar archive: names relative to it, its own entry `.` first, entries in sorted order,
 * permissions kept. No link is ever followed: links that stay inside are kept as links, those that lead out are left out, for they
 * would mean something else on every other machine; so are those that lead in a circle, pipes, sockets, devices and names that are no UTF-8. `isPlain`: the
 * same files are the same bytes whenever they were written, and everybody may read them. `onLeftOut` is told the names of what is not
 * in it, and why.
 */
export function packFolder(root: string, choice: PackChoice = {}): Readable {
  const { readable, controller } = createTarPacker()
  pack(root, controller, choice).catch((error: unknown) => controller.error(error))
  return Readable.fromWeb(readable as NodeReadableStream)
}

type PackChoice = { isPlain?: boolean; onLeftOut?: OnLeftOut }

async function pack(
  root: string,
  archive: TarPackController,
  { isPlain = false, onLeftOut = () => {} }: PackChoice,
): Promise<void> {
  const realRoot = await realpath(root)
  const waiting = ['.']
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const path = join(realRoot, name)
    const info = await statOf(path)
    const member = { name, ...(isPlain ? plain(info) : kept(info)), size: 0 }
    if (info.isDirectory()) {
      await archive.add({ ...member, name: `${name}/`, type: 'directory' }).close()
      const below = (child: string) => (name === '.' ? child : `${name}/${child}`)
      const found = await readdir(path, { withFileTypes: true, encoding: 'buffer' })
      const children = folderEntries(found, (child) => onLeftOut(below(child), badName))
      const names = children.map((child) => child.name).sort()
      for (const child of names.reverse()) waiting.push(below(child))
    } else if (info.isSymbolicLink()) {
      const linkname = await readlink(path)
      const why = await whyLeftOut(realRoot, path, linkname)
      if (why === undefined) await archive.add({ ...member, type: 'symlink', linkname }).close()
      else onLeftOut(name, why)
    } else if (info.isFile()) {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        const { size } = await file.stat()
        await copy(file, size, archive.add({ ...member, type: 'file', size }))
      } finally {
        await file.close()
      }
    } else onLeftOut(name, 'it is neither a file nor a folder')
  }
  archive.finalize()
}

const kept = ({ mode, mtimeMs }: Stats) => ({ mode: mode & 0o777, mtime: new Date(Math.max(0, mtimeMs)) })
const plain = (info: Stats) => ({ mode: info.isDirectory() || info.mode & 0o111 ? 0o755 : 0o644, mtime: new Date(0) })

/** Exactly as many bytes as the header says, whatever happens to the file meanwhile. */
async function copy(file: FileHandle, sizeBytes: number, entry: WritableStream<Uint8Array>): Promise<void> {
  const writer = entry.getWriter()
  for (let at = 0; at < sizeBytes; ) {
    const room = Buffer.allocUnsafe(Math.min(readBytes, sizeBytes - at))
    const { buffer, bytesRead } = await file.read(room, 0, undefined, at)
    if (bytesRead === 0) throw new Error('a file became shorter while it was packed')
    at += bytesRead
    await writer.write(new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead))
  }
  await writer.close()
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error
    throw new Fault('BadRequest', 'the folder has folders deeper than a path can name', {
      details: { FailureClass: 'user' },
    })
  }
}

/** What is wrong with a link: it is judged by where it really goes, or would go when nothing is there. */
async function whyLeftOut(realRoot: string, path: string, linkname: string): Promise<string | undefined> {
  const leadsOut = 'it leads out of the folder'
  if (linkname.startsWith('/')) return leadsOut
  const target = resolve(dirname(path), linkname)
  const isOut = (each: string) => each !== realRoot && !each.startsWith(realRoot + sep)
  const reached = await reachedBy(path, target)
  // No one who unpacks it could follow it either, and some give up on it.
  if (reached === undefined) return 'it leads in a circle'
  return isOut(target) || isOut(reached) ? leadsOut : undefined
}

/** Undefined when a link is on its own way. */
async function reachedBy(path: string, target: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return undefined
    return realpath(dirname(target)).catch(() => target)
  }
}
