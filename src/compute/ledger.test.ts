import { describe, expect, it } from 'vitest'
import type { CommitOutcome, WorkRow } from '#contracts/store.ts'
import type { Post } from '#link/post.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { noResources } from '#models/resources.ts'
import { SystemClock } from '#platform/clock.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { Holdings } from './held.ts'
import { Ledger } from './ledger.ts'
import { neverRan } from './reports.ts'

const id = 'e-1' as ExecutionId
const order = { execution: { ID: id, Epoch: 1 } as Execution, job: {} as Job }
const row: WorkRow = { executionId: id, state: 'New', order, need: noResources(), startTime: 0n }

const applied: CommitOutcome = { kind: 'applied', durable: Promise.resolve(), outbox: [] }

/** Pauses last until they are ended by hand. */
class PausedClock extends SystemClock {
  readonly pauses: { ms: number; end: () => void }[] = []
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((end, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      this.pauses.push({ ms, end })
    })
  }
}

function setup(outcomes: (CommitOutcome | Error)[]) {
  const clock = new PausedClock()
  const commit = async () => {
    const next = outcomes.shift() ?? applied
    if (next instanceof Error) throw next
    return next
  }
  const holdings = new Holdings()
  const held = holdings.take(row)
  const ledger = new Ledger({ post: partOf<Post>({ commit }), clock, log: () => {} }, holdings)
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { clock, holdings, held, ledger, settle }
}

describe('the ledger of a compute node', () => {
  it('waits out a disk that fails, longer each time, and lets go when the end is durable', async () => {
    const { clock, holdings, held, ledger, settle } = setup([new Error('full'), new Error('full')])
    const ended = ledger.end(held, neverRan(row))
    await settle()
    expect(holdings.has(id)).toBe(true)
    clock.pauses[0]?.end()
    await settle()
    clock.pauses[1]?.end()
    await ended
    expect(clock.pauses.map(({ ms }) => ms)).toEqual([200, 400])
    expect(holdings.has(id)).toBe(false)
  })

  it('gives up waiting when the node leaves, and keeps the work for the next start', async () => {
    const { holdings, held, ledger, settle } = setup([new Error('full')])
    const ended = ledger.end(held, neverRan(row))
    await settle()
    ledger.stop()
    await expect(ended).rejects.toThrow()
    expect(holdings.has(id)).toBe(true)
  })

  it('tells and stores nothing more of work that was rolled back, which may be in new hands', async () => {
    const { clock, holdings, held, ledger, settle } = setup([new Error('full'), new Error('nothing is committed')])
    const ended = ledger.end(held, neverRan(row))
    await settle()
    holdings.forget(held)
    const again = holdings.take(row)
    clock.pauses[0]?.end()
    await ended
    expect(await ledger.move(held, {})).toEqual({ durable: undefined })
    expect(clock.pauses).toHaveLength(1)
    expect(holdings.get(id)).toBe(again)
  })

  it('says so when the row is no longer in the expected state', async () => {
    const { held, ledger } = setup([{ kind: 'conflict', what: 'work' }])
    expect(await ledger.move(held, {})).toEqual({ durable: undefined })
  })
})
