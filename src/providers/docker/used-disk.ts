import type { Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunRequest } from '#contracts/engine.ts'
import { nameBytes, namesBytes } from '#lib/names-bytes.ts'
import type { DockerApi } from './api.ts'

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
    // Of the layer the engine counts the bytes, and no names.
    const layer = await useAt(GraphDriver?.Data?.UpperDir, (info) => (info.isDirectory() ? 0 : info.size))
    let { bytes, smallNames } = { ...layer, bytes: SizeRw }
    for (const path of paths) {
      const use = await useAt(path, takenBytes)
      bytes += use.bytes
      smallNames += use.smallNames
    }
    return bytes + namesBytes(smallNames)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return undefined
    throw error
  }
}

/** Of many small files their blocks count; of one with holes the length that its result would have. */
const takenBytes = ({ size, blocks }: Stats): number => Math.max(size, blocks * 512)

/** Of a file, or of all in a folder, without following links. */
async function useAt(root: string | undefined, bytesOf: (info: Stats) => number): Promise<Use> {
  const use = { bytes: 0, smallNames: 0 }
  const info = root && (await unlessUnseen(lstat(root)))
  if (!info) return use
  if (!info.isDirectory()) return { ...use, bytes: info.size }
  const waiting = [root]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    // Entry by entry: a folder may hold more of them than there is memory for.
    for await (const entry of (await unlessUnseen(opendir(folder))) ?? []) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      const found = await unlessUnseen(lstat(path))
      if (!found) continue
      const bytes = bytesOf(found)
      use.bytes += bytes
      if (bytes < nameBytes) use.smallNames += 1
    }
  }
  return use
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
