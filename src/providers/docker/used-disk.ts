import { lstat } from 'node:fs/promises'
import type { RunRequest } from '#contracts/engine.ts'
import { inside } from '#lib/byte-path.ts'
import { nameBytes, namesBytes } from '#lib/names-bytes.ts'
import type { DockerApi } from './api.ts'
import { openFolder } from './open-folder.ts'

/** What the engine knows of where a container writes. */
type Places = {
  /** Bytes of its own layer; negative when they cannot be counted. */
  SizeRw?: number
  Mounts?: { Type: string; Source?: string }[]
  ResolvConfPath?: string
  HostnamePath?: string
  HostsPath?: string
  GraphDriver?: { Data?: { UpperDir?: string } | null }
}

/** Bytes, and the names whose bytes are less than a name takes. */
type Use = { bytes: number; smallNames: number }

/**
 * Bytes that a container has written, wherever: its layer, its results, volumes that its image has, and the files that the engine
 * makes for each container, which root in it may write to; of all these what this process may see. Undefined when it hides some where
 * no path leads.
 */
export async function usedDisk(
  api: DockerApi,
  id: string,
  outputs: RunRequest['outputs'],
): Promise<number | undefined> {
  const places = await api.call<Places>('GET', `/containers/${id}/json`, { query: { size: true } })
  const { SizeRw = 0, Mounts = [], ResolvConfPath, HostnamePath, HostsPath, GraphDriver } = places
  if (SizeRw < 0) return undefined
  const volumes = Mounts.filter(({ Type }) => Type === 'volume').map(({ Source }) => Source)
  const paths = [...outputs.map(({ hostPath }) => hostPath), ...volumes, ResolvConfPath, HostnamePath, HostsPath]
  try {
    // Of its layer the engine counts the bytes, and no names.
    const layerBytes = Math.max(SizeRw, namesBytes(await namesIn(GraphDriver?.Data?.UpperDir)))
    const use = { bytes: 0, smallNames: 0 }
    for (const path of paths) if (path) await addUse(use, path)
    return layerBytes + use.bytes + namesBytes(use.smallNames)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return undefined
    throw error
  }
}

/** How many files, folders and links are in a folder. */
async function namesIn(root: string | undefined): Promise<number> {
  let count = 0
  if (root) for await (const _ of entriesBelow(root)) count++
  return count
}

/** Of a file, or of all in a folder. */
async function addUse(use: Use, root: string): Promise<void> {
  const info = await unlessUnseen(lstat(root))
  if (!info?.isDirectory()) {
    use.bytes += info?.size ?? 0
    return
  }
  for await (const path of entriesBelow(root)) {
    const found = await unlessUnseen(lstat(path))
    if (!found) continue
    // Of many small files their blocks count; of one with holes the length that its result would have.
    const bytes = Math.max(found.size, found.blocks * 512)
    use.bytes += bytes
    if (bytes < nameBytes) use.smallNames++
  }
}

/** Paths, without following links; one by one: a folder may hold more of them than there is memory for. */
async function* entriesBelow(root: string): AsyncGenerator<Buffer> {
  const waiting: Buffer[] = [Buffer.from(root)]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const entry of (await unlessUnseen(openFolder(folder))) ?? []) {
      const path = inside(folder, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      yield path
    }
  }
}

/** The program goes on while it is looked at. */
const gone = ['ENOENT', 'ENOTDIR']
/** A node that is not root sees into no folder of the engine's: what is elsewhere must count all the same. */
const hidden = ['EACCES', 'EPERM']

async function unlessUnseen<Found>(looking: Promise<Found>): Promise<Found | undefined> {
  try {
    return await looking
  } catch (error) {
    if ([...gone, ...hidden].includes(String((error as NodeJS.ErrnoException).code))) return undefined
    throw error
  }
}
