import type { PathLike } from 'node:fs'
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Disk } from '#contracts/disk.ts'
import { inside } from '#lib/byte-path.ts'
import { bootId } from './boot-id.ts'
import { keepOnly } from './keep-only.ts'
import { removeTree } from './remove-tree.ts'

/** The machine's file system. */
export const systemDisk: Disk = {
  makeDirectory,
  remove: removeTree,
  keepOnly: (path, isWanted) => keepOnly(path, isWanted),
  async list(path) {
    return (await unlessMissing(readdir(path))) ?? []
  },
  async writeFile(path, bytes) {
    await writeFile(path, bytes)
  },
  replaceFile,
  readFile: (path) => unlessMissing(readFile(path)),
  sync,
  syncAll,
  usedBytes,
  bootId,
}

/** With what is above it. Node's own way to do so never ends where nothing can be made, as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await makeDirectory(dirname(path))
    await makeOne(path)
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const isThere = (await stat(path).catch(() => undefined))?.isDirectory()
    if (!isThere) throw error
  }
}

async function replaceFile(path: string, bytes: Uint8Array | string, mode = 0o644): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}.tmp`
  try {
    await writeSynced(draft, bytes, mode)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  // The new name itself is durable only when its folder is.
  await sync(dirname(path))
}

async function writeSynced(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function sync(path: PathLike): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Programs make names that are no text. */
const asBytes = { withFileTypes: true, encoding: 'buffer' } as const

async function syncAll(path: string | Buffer): Promise<void> {
  for (const entry of await readdir(path, asBytes)) {
    if (entry.isDirectory()) await syncAll(inside(path, entry.name))
    else if (entry.isFile()) await sync(inside(path, entry.name))
  }
  await sync(path)
}

/** Files that are looked at at once. */
const mostAtOnce = 64

/** What goes meanwhile counts for nothing: of many folders something is always being written. */
async function usedBytes(path: string | Buffer): Promise<number> {
  const entries = (await unlessMissing(readdir(path, asBytes))) ?? []
  const files = entries.filter((entry) => !entry.isDirectory())
  let sizeBytes = 0
  for (let at = 0; at < files.length; at += mostAtOnce) {
    const some = files.slice(at, at + mostAtOnce).map(({ name }) => unlessMissing(lstat(inside(path, name))))
    for (const info of await Promise.all(some)) sizeBytes += info?.size ?? 0
  }
  for (const entry of entries) if (entry.isDirectory()) sizeBytes += await usedBytes(inside(path, entry.name))
  return sizeBytes
}

async function unlessMissing<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
