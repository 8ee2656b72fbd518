import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { parseResources } from '#lib/resources.ts'
import { bootId } from '#platform/boot-id.ts'
import { DiskFileCache } from '#platform/file-cache.ts'
import type { NodeDeps } from './node-deps.ts'
import { milliseconds } from './part-settings.ts'

/** What keeps inputs for later jobs of this node. */
export const inputCache = async (
  { settings: { Compute }, folder }: Pick<NodeDeps, 'settings' | 'folder'>,
  { clock, log }: { clock: Clock; log: EventLog },
): Promise<DiskFileCache> =>
  new DiskFileCache({
    root: folder.inputsFolder,
    bootId: await bootId(),
    clock,
    maxBytes: parseResources({ Disk: Compute.InputCache.MaxSize }).Disk,
    keptMs: milliseconds(Compute.InputCache.Retention),
    onError: (error) => log('input_cache_failed', { error }),
  })
