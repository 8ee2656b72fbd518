import type { Disk } from '#contracts/disk.ts'
import type { Store } from '#contracts/store.ts'
import type { EventLog } from '#lib/event-log.ts'

/**
 * Removes the folders of executions that ended while nobody could clean up behind them (X21). One that resists, as files of
 * a container's root resist a node that is none, is told and stays: the node works without that room.
 */
export const removeLeftFolders = async (
  store: Pick<Store, 'workInStates'>,
  disk: Pick<Disk, 'list' | 'remove'>,
  executionsFolder: string,
  log: EventLog,
): Promise<void> => {
  const running = new Set<string>((await store.workInStates(['Running'])).map((row) => row.executionId))
  const left = (await disk.list(executionsFolder)).filter((name) => !running.has(name))
  const remove = (name: string) =>
    disk
      .remove(`${executionsFolder}/${name}`)
      .catch((error: unknown) => log('cleanup_failed', { executionId: name, error }))
  await Promise.all(left.map(remove))
}
