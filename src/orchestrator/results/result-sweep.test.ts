import { expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { ResultSweep } from './result-sweep.ts'

type Kept = { StateType: string; Type?: string; writtenMs: number; sizeBytes: number }

/** What is left after one round at 1000 s. */
const left = async (found: Record<string, Kept | undefined>, limits: { keptMs?: number; totalBytes?: number } = {}) => {
  const clock = new StepClock()
  clock.goTo(1_000_000)
  const names = new Set(Object.keys(found))
  const sweep = new ResultSweep({
    clock,
    keptMs: 0,
    totalBytes: 0,
    ...limits,
    onError: (error) => expect.fail(String(error)),
    store: {
      execution: async (id: ExecutionId) => {
        const kept = found[id]
        if (kept?.StateType === undefined) return undefined
        return { ComputeState: { StateType: kept.StateType }, PublishedResult: { Type: kept.Type ?? 'link' } } as never
      },
    },
    results: {
      list: async () =>
        Object.entries(found).map(([id, kept]) => ({
          writtenMs: 0,
          sizeBytes: 1,
          ...kept,
          executionId: id as ExecutionId,
        })),
      remove: async (id) => void names.delete(id),
    },
  })
  await sweep.start()
  clock.goTo(1_000_001)
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  await sweep.stop()
  return [...names]
}
const kept = (writtenMs: number, more: Partial<Kept> = {}): Kept => ({
  StateType: 'Completed',
  writtenMs,
  sizeBytes: 10,
  ...more,
})

it('results go whose job is forgotten, and parts for executions that ended without them; what failed ones have left stays', async () => {
  const found = {
    forgotten: undefined,
    comes: kept(1, { StateType: 'Running', Type: '' }),
    completed: kept(2),
    'left by a failed one': kept(3, { StateType: 'Failed' }),
    'part of a failed one': kept(4, { StateType: 'Failed', Type: '' }),
    'part beside another publisher': kept(5, { Type: 's3' }),
  }
  expect(await left(found)).toEqual(['comes', 'completed', 'left by a failed one'])
})

it('results go when they are too old, and the oldest while they are too many, but none that is on its way [L7]', async () => {
  const found = { comes: kept(1, { StateType: 'Running' }), old: kept(2), middle: kept(500_000), fresh: kept(999_999) }
  expect(await left(found, { keptMs: 600_000 })).toEqual(['comes', 'middle', 'fresh'])
  expect(await left(found, { totalBytes: 25 })).toEqual(['comes', 'fresh'])
  expect(await left(found, { totalBytes: 1 })).toEqual(['comes'])
})
