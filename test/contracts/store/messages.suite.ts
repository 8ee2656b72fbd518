import { describe, expect, it } from 'vitest'
import { applied, message, peer, type Using } from './hands.ts'

/** Outbox and inbox: numbered without gaps, applied once. */
export function messageSuite(using: Using): void {
  describe('messages', () => {
    it('are applied once and in order per sender and store of the sender', () =>
      using(async ({ store }) => {
        const take = async (senderStoreId: string, seq: number) =>
          (await store.commit({ inbox: { peer, senderStoreId, seq }, putFacts: { last: `${senderStoreId}${seq}` } }))
            .kind
        expect(await take('a', 2)).toBe('conflict')
        expect(await take('a', 1)).toBe('applied')
        expect(await take('a', 1)).toBe('duplicate')
        expect(await take('a', 2)).toBe('applied')
        expect(await take('b', 1)).toBe('applied')
        expect(await take('a', 1)).toBe('duplicate')
        expect(await store.fact('last')).toBe('b1')
        expect(await store.inboxSeq(peer, 'a')).toBe(2)
        expect(await store.inboxSeq(peer, 'c')).toBe(0)
      }))

    it('that are applied together follow what was applied before the first of them', () =>
      using(async ({ store }) => {
        const take = async (first: number, seq: number) =>
          (await store.commit({ inbox: { peer, senderStoreId: 'a', first, seq } })).kind
        expect(await take(2, 3)).toBe('conflict')
        expect(await take(1, 3)).toBe('applied')
        expect(await take(1, 3)).toBe('duplicate')
        expect(await take(3, 5)).toBe('conflict')
        expect(await take(4, 5)).toBe('applied')
        expect(await store.inboxSeq(peer, 'a')).toBe(5)
      }))

    it('of a sender whose numbers have gaps are applied once, each higher one being next', () =>
      using(async ({ store }) => {
        const take = async (seq: number) =>
          (await store.commit({ inbox: { peer, senderStoreId: 'go', seq, hasGaps: true } })).kind
        expect([await take(37), await take(40), await take(37), await take(40), await take(41)]).toEqual([
          'applied',
          'applied',
          'duplicate',
          'duplicate',
          'applied',
        ])
        expect(await store.inboxSeq(peer, 'go')).toBe(41)
      }))

    it('are numbered per peer without gaps, also when all rows before are gone', () =>
      using(async ({ store, flush }) => {
        const send = async (to: string, n: number) =>
          (await applied(store, { outbox: [{ peer: to, message: message(n) }] })).outbox.map((row) => row.seq)
        expect(await send('x', 1)).toEqual([1])
        expect(await send('y', 2)).toEqual([1])
        expect(await send('x', 3)).toEqual([2])
        await applied(store, { acked: [{ peer: 'x', seq: 1 }] })
        expect((await store.outbox('x', 0, 10)).map((row) => row.seq)).toEqual([2])
        await applied(store, { acked: [{ peer: 'x', seq: 2 }] })
        await applied(store, { acked: [{ peer: 'x', seq: 1 }] })
        flush()
        expect(await store.outbox('x', 0, 10)).toEqual([])
        expect(await send('x', 4)).toEqual([3])
        expect((await store.outbox('x', 2, 10)).map((row) => row.message)).toEqual([message(4)])
        expect(await store.outbox('x', 3, 10)).toEqual([])
      }))

    it('are read in pages', () =>
      using(async ({ store }) => {
        await applied(store, { outbox: [1, 2, 3, 4, 5].map((n) => ({ peer, message: message(n) })) })
        expect((await store.outbox(peer, 1, 3)).map((row) => row.seq)).toEqual([2, 3, 4])
      }))

    it('go on without a gap when a peer claims to have applied what was never sent', () =>
      using(async ({ store }) => {
        await applied(store, { outbox: [{ peer, message: message(1) }] })
        await applied(store, { acked: [{ peer, seq: 1_000 }] })
        const { outbox } = await applied(store, { outbox: [{ peer, message: message(2) }] })
        expect(outbox[0]?.seq).toBe(2)
      }))

    it('start again at 1 for a peer that lost its store', () =>
      using(async ({ store }) => {
        await applied(store, { inbox: { peer, senderStoreId: 's', seq: 1 }, outbox: [{ peer, message: message(1) }] })
        await applied(store, { acked: [{ peer, seq: 1 }] })
        await applied(store, { resetPeers: [peer] })
        expect(await store.inboxSeq(peer, 's')).toBe(0)
        const { outbox } = await applied(store, { outbox: [{ peer, message: message(2) }] })
        expect(outbox[0]?.seq).toBe(1)
      }))
  })
}
