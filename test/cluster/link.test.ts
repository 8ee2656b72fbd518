import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { Post } from '#link/post.ts'
import { Receiver } from '#link/receiver.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import { SystemClock } from '#platform/clock.ts'
import { scheduleFlush } from '#platform/flush.ts'
import { systemRandom } from '#platform/random.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { openStore } from '#state/open-store.ts'
import { openTestStore } from '../kit/cluster.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import { partOf } from '../kit/part-of.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'

const cancel = (n: number): OrchestratorMessage => ({
  Kind: 'CancelExecution',
  Body: { ExecutionID: `e-${n}` as ExecutionId, Reason: '' },
})
const numberOf = (message: OrchestratorMessage): number =>
  message.Kind === 'CancelExecution' ? Number(message.Body.ExecutionID.slice(2)) : -1

/** Waits of the sender are skipped: what would happen after a pause happens soon. */
const hurried = (): Clock => {
  const clock = new SystemClock()
  return {
    nowNs: () => clock.nowNs(),
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (_delayMs, run) => clock.after(0, run),
    sleep: (_delayMs, signal) => clock.sleep(0, signal),
  }
}

type Fate = 'arrives' | 'is lost' | 'arrives but its answer is lost' | 'arrives twice' | 'arrives in part'

const send = async (store: Store, post: Post, count: number): Promise<void> => {
  for (let n = 1; n <= count; n++) await post.commit({ outbox: [{ peer: 'n-1', message: cancel(n) }] })
  await store.settled()
}

describe('messages between two stores', () => {
  it('of one commit go together, so that a start takes one round trip [F1]', async () => {
    const post = new Post(await openTestStore(), hurried())
    const batches: number[][] = []
    const deliver = async (frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> => {
      batches.push(frames.map(({ Message }) => numberOf(Message)))
      return { LastSeq: frames.at(-1)?.Seq ?? 0 }
    }
    post.connect('n-1', deliver as never, { sharesStore: false })
    await post.resting('n-1')
    const outbox = [1, 2, 3].map((n) => ({ peer: n === 2 ? 'n-2' : 'n-1', message: cancel(n) }))
    await post.commit({ outbox })
    await post.resting('n-1')
    expect(batches).toEqual([[1, 3]])
    post.stop()
  })

  it('arrive in order and are applied once, whatever happens to the batches on the way [W7, W11, W12, W13]', async () => {
    const fates = fc.array(
      fc.constantFrom<Fate>('arrives', 'is lost', 'arrives but its answer is lost', 'arrives twice', 'arrives in part'),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(
        fates,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 3 }),
        async (schedule, count, together) => {
          const [sending, receiving] = [await openTestStore(), await openTestStore()]
          const applied: number[] = []
          const receiver = new Receiver<OrchestratorMessage>(
            'orchestrator',
            receiving,
            async (messages, receipt) => {
              const outcome = await receiving.commit(receipt)
              if (outcome.kind === 'applied') applied.push(...messages.map(numberOf))
              return outcome
            },
            { together },
          )
          const post = new Post(sending, hurried())
          const rest = [...schedule]
          post.connect(
            'n-1',
            async (frames) => {
              const batch = frames as readonly Frame<OrchestratorMessage>[]
              const fate = rest.shift() ?? 'arrives'
              if (fate === 'is lost') throw new Error('lost')
              if (fate === 'arrives twice') await receiver.deliver(sending.storeId, batch)
              const ack = await receiver.deliver(
                sending.storeId,
                fate === 'arrives in part' ? batch.slice(0, Math.ceil(batch.length / 2)) : batch,
              )
              if (fate === 'arrives but its answer is lost') throw new Error('answer lost')
              return ack
            },
            { sharesStore: false },
          )
          await send(sending, post, count)
          await until('all are applied', () => applied.length >= count)
          await until('the outbox is empty', async () => (await sending.outbox('n-1', 0, 1)).length === 0)
          expect(applied).toEqual(Array.from({ length: count }, (_, i) => i + 1))
          post.stop()
          await Promise.all([sending.close(), receiving.close()])
        },
      ),
      { numRuns: 40 },
    )
  })

  it('what was applied in a group of commits that was lost is not acknowledged, even when later ones are on disk [W12]', async () => {
    const database = new FaultySql(openSqlite(':memory:'))
    const { journal } = database
    const store = await openStore({ database, journal, clock: new SystemClock(), random: systemRandom, scheduleFlush })
    const receiver = new Receiver<OrchestratorMessage>('orchestrator', store, async (_messages, receipt) => {
      database.watch = (act) => {
        if (act === 'commit') throw new Fault('StorageFull', 'no space left')
      }
      const outcome = await store.commit(receipt)
      await store.settled().catch(() => {})
      database.watch = () => {}
      return outcome
    })
    await expect(receiver.deliver('link', [{ Seq: 1, Message: cancel(1) }])).rejects.toThrow('no space left')
    expect(await store.inboxSeq('orchestrator', 'link')).toBe(0)
    await store.close()
  })

  it('a gap is never applied [W11]', async () => {
    const store = await openTestStore()
    const applied: number[] = []
    const receiver = new Receiver<OrchestratorMessage>(
      'orchestrator',
      store,
      async (messages, receipt) => {
        applied.push(...messages.map(numberOf))
        return store.commit(receipt)
      },
      { together: 2 },
    )
    const frame = (Seq: number): Frame<OrchestratorMessage> => ({ Seq, Message: cancel(Seq) })
    expect(await receiver.deliver('s', [frame(2), frame(3)])).toEqual({ LastSeq: 0 })
    expect(await receiver.deliver('s', [frame(1), frame(3)])).toEqual({ LastSeq: 1 })
    expect(await receiver.deliver('s', [frame(1), frame(2), frame(3)])).toEqual({ LastSeq: 3 })
    expect(applied).toEqual([1, 2, 3])
    await store.close()
  })

  it('messages stored while the peer was away are sent when it comes [W5]', async () => {
    const store = await openTestStore()
    const post = new Post(store, new SystemClock())
    await send(store, post, 700)
    const got: number[] = []
    post.connect(
      'n-1',
      async (frames) => {
        got.push(...frames.map((each) => numberOf(each.Message as OrchestratorMessage)))
        return { LastSeq: frames.at(-1)?.Seq ?? 0 }
      },
      { sharesStore: false },
    )
    await until('all have arrived', () => got.length === 700)
    expect(got).toEqual(Array.from({ length: 700 }, (_, i) => i + 1))
    post.stop()
    await store.close()
  })

  it('are tried again once in a pause, however many come in it: a node that greets while hundreds of jobs wait has them at once [P2]', async () => {
    const store = await openTestStore()
    const clock = new StepClock()
    const post = new Post(store, clock)
    let isThere = false
    const got: number[] = []
    let tries = 0
    post.connect(
      'n-1',
      async (frames) => {
        tries++
        if (!isThere) throw new Fault('ServiceUnavailable', 'shake hands first', { isRetryable: true })
        got.push(...frames.map((each) => numberOf(each.Message as OrchestratorMessage)))
        return { LastSeq: frames.at(-1)?.Seq ?? 0 }
      },
      { sharesStore: true },
    )
    for (let n = 1; n <= 300; n++) {
      await post.commit({ outbox: [{ peer: 'n-1', message: cancel(n) }] })
      await post.resting('n-1')
    }
    expect(tries).toBe(1)
    isThere = true
    clock.goTo(10)
    await until('all have arrived', () => got.length === 300)
    expect(got).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    post.stop()
    await store.close()
  })

  it('what peers have applied at the same time is stored in one change', async () => {
    const store = await openTestStore()
    let changes = 0
    const commit = (change: Change): Promise<CommitOutcome> => {
      if (change.acked) changes += 1
      return store.commit(change)
    }
    const settled = (): Promise<void> => store.settled()
    const outbox: Store['outbox'] = (...args) => store.outbox(...args)
    const counted = partOf<Store>({ commit, settled, outbox })
    const post = new Post(counted, new SystemClock())
    const peers = Array.from({ length: 50 }, (_, n) => `n-${n}`)
    for (const peer of peers)
      post.connect(peer, async (frames) => ({ LastSeq: frames.at(-1)?.Seq ?? 0 }), { sharesStore: false })
    await post.commit({ outbox: peers.map((peer) => ({ peer, message: cancel(1) })) })
    const left = async (): Promise<number> => {
      const rows = await Promise.all(peers.map((peer) => store.outbox(peer, 0, 1)))
      return rows.flat().length
    }
    await until('all are acknowledged', async () => (await left()) === 0)
    expect(changes).toBeLessThan(10)
    post.stop()
    await store.close()
  })

  it('an answer that comes when its peer has begun anew acknowledges nothing of what is sent since [W11]', async () => {
    const store = await openTestStore()
    const post = new Post(store, new SystemClock())
    const [late, asked] = [Promise.withResolvers<FramesAck>(), Promise.withResolvers<void>()]
    const slow = (): Promise<FramesAck> => {
      asked.resolve()
      return late.promise
    }
    post.connect('n-1', slow, { sharesStore: false })
    await post.commit({ outbox: [{ peer: 'n-1', message: cancel(1) }] })
    await asked.promise
    post.disconnect('n-1')
    await post.commit({ resetPeers: ['n-1'] })
    await post.commit({ outbox: [{ peer: 'n-1', message: cancel(2) }] })
    late.resolve({ LastSeq: 1 })
    await late.promise
    post.stop()
    expect((await store.outbox('n-1', 0, 10)).map(({ message }) => numberOf(message as OrchestratorMessage))).toEqual([
      2,
    ])
    await store.close()
  })
})

describe('messages between two roles on one store', () => {
  it('leave the outbox with the change that applies them, and come again when that is lost [W12]', async () => {
    const database = new FaultySql(openSqlite(':memory:'))
    const { journal } = database
    const store = await openStore({ database, journal, clock: new SystemClock(), random: systemRandom, scheduleFlush })
    const post = new Post(store, hurried())
    store.onLost(() => post.reload())
    const left = async (): Promise<number[]> => (await store.outbox('n-1', 0, 10)).map(({ seq }) => seq)
    const applied: { number: number; left: number[] }[] = []
    const receiver = new Receiver<OrchestratorMessage>(
      'orchestrator',
      store,
      async ([message], receipt) => {
        const outcome = await store.commit(receipt)
        applied.push({ number: message ? numberOf(message) : 0, left: await left() })
        return outcome
      },
      { sharedOutbox: 'n-1' },
    )
    let isCut = false
    post.connect(
      'n-1',
      async (frames) => {
        if (isCut) throw new Error('cut')
        return receiver.deliver(store.storeId, frames as readonly Frame<OrchestratorMessage>[])
      },
      { sharesStore: true },
    )
    await post.resting('n-1')
    isCut = true
    await send(store, post, 1)
    database.watch = (act) => {
      if (act !== 'commit') return
      database.watch = () => {}
      throw new Fault('StorageFull', 'no space left')
    }
    isCut = false
    await until('it is applied again', () => applied.length === 2)
    await store.settled()
    expect(applied).toEqual([
      { number: 1, left: [] },
      { number: 1, left: [] },
    ])
    expect(await left()).toEqual([])
    post.stop()
    await store.close()
  })
})
