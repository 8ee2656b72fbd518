import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exit, RunRequest } from '#contracts/engine.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { unlessDone } from './engine-answer.ts'

type Watched = { api: DockerApi; clock: Clock; id: string; request: RunRequest; released: AbortSignal }
export type DiskWatch = { stop(): void; failure(): Exit['failure'] | undefined }

const intervalMs = 5_000
/** Looking at a result of very many files would cost more than it saves. */
const entryLimit = 100_000

/**
 * Ends a program that writes more than the disk it asked for: its own layer and its output folders, looked at every five
 * seconds (X6). A task that asked for none is not watched.
 */
export function watchDisk(watched: Watched): DiskWatch {
  const limitBytes = watched.request.resources.Disk
  let failure: Exit['failure'] | undefined
  let timer: Timer | undefined
  let isStopped = limitBytes <= 0
  const look = async () => {
    const usedBytes = await usedDisk(watched).catch(() => 0)
    if (isStopped || watched.released.aborted) return
    if (usedBytes <= limitBytes) return schedule()
    failure = {
      message: `disk limit exceeded: ${usedBytes} bytes written, ${limitBytes} allowed`,
      class: 'resource',
      hint: 'Ask for more disk in the Resources of the task',
    }
    const query = { signal: 'SIGKILL' }
    await unlessDone(watched.api.call('POST', `/containers/${watched.id}/kill`, { query })).catch(() => {})
    schedule()
  }
  const schedule = () => {
    timer = watched.clock.after(intervalMs, () => void look())
  }
  if (!isStopped) schedule()
  return {
    stop: () => {
      isStopped = true
      timer?.stop()
    },
    failure: () => failure,
  }
}

async function usedDisk({ api, id, request }: Watched): Promise<number> {
  const { SizeRw = 0 } = await api.call<{ SizeRw?: number }>('GET', `/containers/${id}/json`, { query: { size: true } })
  let usedBytes = SizeRw
  for (const { hostPath } of request.outputs) usedBytes += await folderSizeBytes(hostPath)
  return usedBytes
}

/** What a folder takes, without following links. */
async function folderSizeBytes(root: string): Promise<number> {
  let sizeBytes = 0
  let seen = 0
  const waiting = [root]
  for (let folder = waiting.pop(); folder !== undefined && seen < entryLimit; folder = waiting.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      seen++
      const path = join(folder, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      else sizeBytes += (await lstat(path)).size
    }
  }
  return sizeBytes
}
