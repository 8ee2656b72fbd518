import { describe, expect, it } from 'vitest'
import type { ChunkSource } from '#contracts/chunks.ts'
import type { OfferedQuery } from '#contracts/publisher.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { until } from '../../../test/kit/until.ts'
import { ResultTaker } from './result-taker.ts'

const offer: ResultOffer = { ExecutionID: 'e-1' as ExecutionId, SizeBytes: 1_000_000, ChunkListID: 'a'.repeat(64) }
const node = 'n-1' as NodeId
const piece = { bytes: Buffer.from('piece'), sizeBytes: 5, tag: 't' }

/** A taker with one execution on `n-1`, whose node answers as these do, one after the other, and then with a piece. */
const rig = ({
  answers = [] as (() => Promise<typeof piece>)[],
  maxBytes = 1e9,
  hasRoom = true,
  hereBytes = 0,
  execution = {},
} = {}) => {
  const asked: OfferedQuery[] = []
  const roomFor: number[] = []
  const clock = new StepClock()
  let isWhole = false
  const readResult = (query: OfferedQuery) => {
    asked.push(query)
    return (answers.shift() ?? (async () => piece))()
  }
  const stored = partOf<Execution>({
    NodeID: node,
    DesiredState: { StateType: 'Running' },
    ComputeState: { StateType: 'Running' },
    ...execution,
  })
  const taker = new ResultTaker(
    partOf({
      clock,
      maxBytes,
      hasRoomFor: async (bytes: number) => {
        roomFor.push(bytes)
        return hasRoom
      },
      log: () => {},
      end: () => ({ readResult }),
      store: {
        execution: async () => stored,
        jobVersion: async () => ({ Tasks: [{ Publisher: { Type: 'link' } }] }),
      },
      results: {
        holds: async () => isWhole,
        receivedBytes: async () => hereBytes,
        bring: async (_: ResultOffer, { read }: ChunkSource, signal: AbortSignal) => {
          await Promise.race([
            read({ chunk: 'c', offset: 1, limitBytes: 5 }),
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
          ])
          isWhole = true
        },
      },
    }),
  )
  return { taker, asked, roomFor, clock, isWhole: () => isWhole }
}

describe('a result that a node offers', () => {
  it('is taken whole, chunk by chunk, and not again', async () => {
    const { taker, asked, isWhole } = rig()
    expect(await taker.take(node, offer)).toEqual({ IsTaken: true })
    expect(isWhole()).toBe(true)
    expect(asked).toEqual([
      { executionId: 'e-1', chunkListId: offer.ChunkListID, chunk: 'c', offset: 1, limitBytes: 5 },
    ])
    expect(await taker.take(node, offer)).toEqual({ IsTaken: true })
    expect(asked).toHaveLength(1)
  })

  it('is asked for again when it is offered again after a break', async () => {
    const cut = () => Promise.reject(new Fault('ServiceUnavailable', 'cut', { isRetryable: true }))
    const { taker, isWhole } = rig({ answers: [cut] })
    await expect(taker.take(node, offer)).rejects.toMatchObject({ isRetryable: true })
    expect(await taker.take(node, offer)).toEqual({ IsTaken: true })
    expect(isWhole()).toBe(true)
  })

  it('keeps its node waiting for seconds only, and goes on meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof piece>()
    const { taker, clock, asked } = rig({ answers: [() => promise] })
    const first = taker.take(node, offer)
    await until('it is asked for', () => asked.length > 0 && clock.pending > 0)
    clock.goTo(clock.nowAtMs + 5_000)
    expect(await first).toEqual({ IsTaken: false })
    const second = taker.take(node, offer)
    resolve(piece)
    expect(await second).toEqual({ IsTaken: true })
    expect(asked).toHaveLength(1)
  })

  it('is not waited for over a connection that was replaced', async () => {
    const { taker, asked } = rig({ answers: [() => new Promise(() => {})] })
    const first = taker.take(node, offer)
    await until('it is asked for', () => asked.length > 0)
    taker.renewed(node)
    await expect(first).rejects.toMatchObject({ isRetryable: true })
    expect(await taker.take(node, offer)).toEqual({ IsTaken: true })
  })

  it.each([
    ['another node', { NodeID: 'n-2' }],
    ['an execution that was replaced', { DesiredState: { StateType: 'Stopped' } }],
    ['an execution that has ended', { ComputeState: { StateType: 'Failed' } }],
  ])('is refused from %s [I3]', async (_, execution) => {
    const { taker, asked } = rig({ execution })
    await expect(taker.take(node, offer)).rejects.toMatchObject({ code: 'Conflict', isRetryable: false })
    expect(asked).toEqual([])
  })

  it('is refused before any of it comes when it is larger than the operator allows', async () => {
    const { taker, asked } = rig({ maxBytes: offer.SizeBytes - 1 })
    await expect(taker.take(node, offer)).rejects.toMatchObject({
      code: 'PayloadTooLarge',
      details: { FailureClass: 'resource' },
      hint: expect.stringContaining('Orchestrator.MaxResultSize'),
    })
    expect(asked).toEqual([])
  })

  it('waits on its node while there is no room for the rest of it', async () => {
    const { taker, asked, roomFor } = rig({ hasRoom: false, hereBytes: 400_000 })
    await expect(taker.take(node, offer)).rejects.toMatchObject({ code: 'StorageFull', isRetryable: true })
    expect(roomFor).toEqual([600_000])
    expect(asked).toEqual([])
  })
})
