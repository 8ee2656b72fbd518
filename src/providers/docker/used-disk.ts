import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunRequest } from '#contracts/engine.ts'
import type { DockerApi } from './api.ts'

/** What the engine knows of where a container writes. */
type Places = {
  /** Bytes of its own layer; negative when they cannot be counted. */
  SizeRw?: number
  Mounts?: { Type: string; Source?: string }[]
  ResolvConfPath?: string
  HostnamePath?: string
  HostsPath?: string
}

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
  const { SizeRw = 0, Mounts = [], ResolvConfPath, HostnamePath, HostsPath } = places
  if (SizeRw < 0) return undefined
  const volumes = Mounts.filter(({ Type }) => Type === 'volume').map(({ Source }) => Source)
  const paths = [...outputs.map(({ hostPath }) => hostPath), ...volumes, ResolvConfPath, HostnamePath, HostsPath]
  try {
    let usedBytes = SizeRw
    for (const path of paths) if (path) usedBytes += await bytesAt(path)
    return usedBytes
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return undefined
    throw error
  }
}

/** Of a file, or of all in a folder, without following links. */
async function bytesAt(root: string): Promise<number> {
  const info = await unlessUnseen(lstat(root))
  if (!info?.isDirectory()) return info?.size ?? 0
  let sizeBytes = 0
  const waiting = [root]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    // Entry by entry: a folder may hold more of them than there is memory for.
    for await (const entry of (await unlessUnseen(opendir(folder))) ?? []) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      const { size, blocks } = (await unlessUnseen(lstat(path))) ?? { size: 0, blocks: 0 }
      // Of many small files their blocks count; of one with holes the length that its result would have.
      sizeBytes += Math.max(size, blocks * 512)
    }
  }
  return sizeBytes
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
