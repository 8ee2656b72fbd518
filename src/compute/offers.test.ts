import { beforeEach, describe, expect, it } from 'vitest'
import type { Change, CommitOutcome, WorkState } from '#contracts/store.ts'
import type { Post } from '#link/post.ts'
import { executionId, someWork } from '../../test/contracts/store-fixtures.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { Holdings } from './held.ts'
import { Ledger } from './ledger.ts'
import { Offers } from './offers.ts'

const minute = 60_000
const applied: CommitOutcome = { kind: 'applied', durable: Promise.resolve(), outbox: [] }

describe('an offer of a compute node', () => {
  let clock: StepClock
  let holdings: Holdings
  let offers: Offers
  let stored: Change[]
  let told: string[]

  beforeEach(() => {
    clock = new StepClock()
    holdings = new Holdings()
    stored = []
    told = []
    const post = partOf<Post>({ commit: async (change: Change) => (stored.push(change), applied) })
    const log = (event: string): void => void told.push(event)
    offers = new Offers({ clock, log }, holdings, new Ledger({ post, clock, log }, holdings))
    offers.start()
  })

  const passTo = async (minutes: number): Promise<void> => {
    for (let at = clock.nowAtMs; at <= minutes * minute; at += minute) {
      clock.goTo(at)
      await new Promise((turned) => setImmediate(turned))
    }
  }

  it('that nobody takes up within an hour is withdrawn, and told as a failure', async () => {
    const held = holdings.take(someWork(1, { state: 'Offered' }))
    await passTo(59)
    expect([stored, told]).toEqual([[], []])
    await passTo(60)
    expect(told).toEqual(['offer_withdrawn'])
    expect(stored).toMatchObject([
      { removeWork: [executionId(1)], outbox: [{ peer: 'orchestrator', message: { Kind: 'ComputeError' } }] },
    ])
    expect([holdings.has(executionId(1)), held.isStopped]).toEqual([false, true])
    await passTo(180)
    expect(stored).toHaveLength(1)
  })

  it.each(['Queued', 'Running'] as WorkState[])('that became %s is left alone', async (state) => {
    const held = holdings.take(someWork(1, { state: 'Offered' }))
    await passTo(59)
    held.row = { ...held.row, state }
    await passTo(180)
    expect(stored).toEqual([])
  })

  it('that was cancelled is not told of twice, and none is looked after when the node leaves', async () => {
    holdings.take(someWork(1, { state: 'Offered' })).stop('cancelled')
    holdings.take(someWork(2, { state: 'Offered' }))
    await passTo(30)
    await offers.stop()
    await passTo(180)
    expect(stored).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
