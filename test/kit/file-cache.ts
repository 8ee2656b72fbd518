import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SystemClock } from '#platform/clock.ts'
import { DiskFileCache } from '#platform/file-cache.ts'

/** A cache in a new folder, which is added to `folders`. */
export async function fileCache(folders: string[]): Promise<DiskFileCache> {
  const root = mkdtempSync(join(tmpdir(), 'bacalhau-cache-'))
  folders.push(root)
  const onError = (error: unknown) => {
    throw error
  }
  const cache = new DiskFileCache({ root, bootId: 'boot', clock: new SystemClock(), maxBytes: 1e9, keptMs: 0, onError })
  await cache.start()
  return cache
}
