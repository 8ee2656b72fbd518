import { expect, it } from 'vitest'
import type { WorkRow } from '#contracts/store.ts'
import { removeLeftFolders } from './left-folders.ts'

it('folders of executions that do not run are removed at the start, and one that resists is told and stays [X21]', async () => {
  const removed: string[] = []
  const said: unknown[] = []
  const store = { workInStates: async () => [{ executionId: 'e-runs' }] as WorkRow[] }
  const disk = {
    list: async () => ['e-left', 'e-runs', 'e-stuck', 'e-old'],
    remove: async (path: string) => {
      if (path.endsWith('e-stuck')) throw new Error('EACCES: permission denied')
      removed.push(path)
    },
  }
  await removeLeftFolders(store, disk, '/data/running', (event, { executionId }) => said.push([event, executionId]))
  expect(removed).toEqual(['/data/running/e-left', '/data/running/e-old'])
  expect(said).toEqual([['cleanup_failed', 'e-stuck']])
})
