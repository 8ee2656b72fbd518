import { expect, it } from 'vitest'
import type { Store } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { wantedExecution } from './wanted.ts'

const running = partOf<Execution>({
  NodeID: 'n-1',
  DesiredState: { StateType: 'Running' },
  ComputeState: { StateType: 'Running' },
})
const asked = async (
  change: Partial<Execution>,
  node = 'n-1',
  publisher: 'link' | 's3managed' = 'link',
  Type = 'S3Managed',
) => {
  const store = partOf<Store>({
    execution: async () => ({ ...running, ...change }),
    jobVersion: async () => ({ Tasks: [{ Publisher: { Type } }] }),
  })
  return wantedExecution(store, node as NodeId, 'e-1' as ExecutionId, publisher)
}

it('a result is wanted of the node that runs it, while it counts, by the publisher of its job', async () => {
  expect(await asked({}, 'n-1', 's3managed')).toMatchObject(running)
  // Its own publisher may have been what failed.
  expect(await asked({})).toMatchObject(running)
  const others = [
    asked({}, 'n-2'),
    asked({}, 'n-1', 's3managed', 'local'),
    asked({}, 'n-1', 'link', ''),
    asked({ DesiredState: { StateType: 'Stopped' } }),
    asked({ ComputeState: { StateType: 'Failed' } }),
  ]
  for (const other of others) await expect(other).rejects.toThrow('nobody waits for a result of e-1')
})
