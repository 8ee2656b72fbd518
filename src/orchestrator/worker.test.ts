import { expect, it } from 'vitest'
import type { JobId } from '#models/ids.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { Broker } from './broker.ts'
import { Worker, type WorkerParts } from './worker.ts'

it('a job whose look costs much rests in between, and others get their turn', async () => {
  let nowMs = 0
  const timers: { atMs: number; act: () => void }[] = []
  const looks: string[] = []
  const broker = new Broker()
  const look = (id: string) => broker.ask({ jobId: id as JobId, priority: 0, trigger: 'exec-update', evaluationId: '' })
  const job = async (id: JobId) => {
    looks.push(`${id} at ${nowMs}`)
    // What happens to a job while it is looked at.
    if (looks.length < 6) for (const each of ['large', 'small']) look(each)
    return { ID: id }
  }
  const parts = partOf<WorkerParts>({
    broker,
    clock: {
      after(ms, act) {
        timers.push({ atMs: nowMs + ms, act })
        return { stop: () => {} }
      },
    },
    ledger: { store: { job, executionsOfJob: async () => [] } },
    looks: {
      isHeld: false,
      at: ({ ID }: { ID: string }) => ({ cost: ID === 'large' ? 1_000 : 1 }),
      store: async () => undefined,
    },
    onError: (_ask: unknown, error: unknown) => expect.fail(String(error)),
  })
  const worker = new Worker(parts)
  look('large')
  worker.wake()
  for (let step = 0; step < 4; step++) {
    await new Promise((resolve) => setImmediate(resolve))
    const next = timers.sort((a, b) => a.atMs - b.atMs).shift()
    nowMs = Math.max(nowMs, next?.atMs ?? nowMs)
    next?.act()
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(looks.filter((each) => each.startsWith('large'))).toEqual(['large at 0', 'large at 50'])
  expect(looks.filter((each) => each.startsWith('small')).length).toBeGreaterThanOrEqual(3)
})
