import type { Disk } from '#contracts/disk.ts'
import type { Store } from '#contracts/store.ts'

/** Removes the folders of executions that ended while nobody could clean up behind them. */
export const removeLeftFolders = async (store: Store, disk: Disk, executionsFolder: string): Promise<void> => {
  const running = new Set<string>((await store.workInStates(['Running'])).map((row) => row.executionId))
  const left = (await disk.list(executionsFolder)).filter((name) => !running.has(name))
  await Promise.all(left.map((name) => disk.remove(`${executionsFolder}/${name}`)))
}
