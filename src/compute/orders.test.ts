import { expect, it } from 'vitest'
import type { Change } from '#contracts/store.ts'
import type { Post } from '#link/post.ts'
import type { ExecutionId } from '#models/ids.ts'
import { noResources } from '#models/resources.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { Holdings } from './held.ts'
import { type OrderParts, Orders } from './orders.ts'

it('a program is stopped also when its row does not say yet, or no longer, that it runs', async () => {
  const commit = async ({ updateWork }: Change) =>
    updateWork
      ? ({ kind: 'conflict', what: 'it is not stored' } as const)
      : ({ kind: 'applied', durable: Promise.resolve(), outbox: [] } as const)
  const holdings = new Holdings()
  const executionId = 'e-1' as ExecutionId
  const order = partOf<OrderOf>({})
  const held = holdings.take({ executionId, state: 'Running', order, need: noResources(), startTime: 1n })
  const orders = new Orders(partOf<OrderParts>({ post: partOf<Post>({ commit }), holdings }))
  const cancel = { Kind: 'CancelExecution', Body: { ExecutionID: executionId, Reason: '' } } as const
  const outcome = await orders.apply(cancel, { inbox: { peer: 'orchestrator', senderStoreId: 's', seq: 1 } })
  expect(outcome.kind).toBe('applied')
  await Promise.resolve()
  expect(held.signal.reason).toBe('cancelled')
})

it('an order is not stored when a group of commits is lost while it is bid for: it may have gone with that', async () => {
  const holdings = new Holdings()
  const post = { losses: 0, commit: () => Promise.reject(new Error('it is not to be stored')) }
  const begin = async () => {
    post.losses += 1
    return { change: {}, goOn: () => undefined }
  }
  const bidding = partOf<OrderParts['bidding']>({ begin })
  const starter = partOf<OrderParts['starter']>({ forget: (held) => holdings.forget(held) })
  const orders = new Orders(partOf<OrderParts>({ post: partOf<Post>(post), holdings, bidding, starter }))
  const Execution = partOf<OrderOf['execution']>({ ID: 'e-1' as ExecutionId })
  const ask = { Kind: 'AskForBid', Body: { Execution, Job: partOf<OrderOf['job']>({}) } } as const
  const applied = orders.apply(ask, { inbox: { peer: 'orchestrator', senderStoreId: 's', seq: 1 } })
  await expect(applied).rejects.toThrow('the order is not wanted as it came')
  expect(holdings.all).toEqual([])
})

type OrderOf = Parameters<Holdings['take']>[0]['order']
