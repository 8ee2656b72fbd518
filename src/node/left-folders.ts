import type { Disk } from '#contracts/disk.ts'
import type { Store } from '#contracts/store.ts'
import type { EventLog } from '#lib/event-log.ts'

/**
 * Removes the folders, or files, of executions that ended while nobody could clean up behind them (X21). One that resists, as files of
 * a container's root resist a node that is none, is told and stays: the node works without that room.
 */
export const removeLeftFolders = async (
  store: Pick<Store, 'workInStates'>,
  disk: Pick<Disk, 'list' | 'remove'>,
  folder: string,
  log: EventLog,
): Promise<void> => {
  const running = new Set<string>((await store.workInStates(['Running', 'Stopping'])).map((row) => row.executionId))
  const left = (await disk.list(folder)).filter((name) => !running.has(executionOf(name)))
  const remove = (name: string) =>
    disk
      .remove(`${folder}/${name}`)
      .catch((error: unknown) => log('cleanup_failed', { executionId: executionOf(name), error }))
  await Promise.all(left.map(remove))
}

/** Folders have the id of the execution as their name, files begin with it. */
const executionOf = (name: string): string => name.split('.')[0] as string
