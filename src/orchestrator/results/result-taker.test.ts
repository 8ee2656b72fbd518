import { describe, expect, it } from 'vitest'
import type { ResultPart, ResultQuery } from '#contracts/publisher.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { ResultTaker } from './result-taker.ts'

const content = Buffer.alloc(1_000_000, 'content of a result')
const offer: ResultOffer = { ExecutionID: 'e-1' as ExecutionId, SizeBytes: content.length, SHA256: 'a'.repeat(64) }
const node = 'n-1' as NodeId

/** A taker with one execution on `n-1`, whose node breaks off after so many bytes, once. */
const rig = ({
  breakAt = Number.POSITIVE_INFINITY,
  maxBytes = 1e9,
  hasRoom = true,
  mostBytes = 1e9,
  execution = {},
} = {}) => {
  const taken: Buffer[] = []
  const asked: number[] = []
  const bytesOf = () => Buffer.concat(taken).length
  let isWhole = false
  let left = breakAt
  const readResult = async ({ offset, limitBytes }: ResultQuery): Promise<ResultPart> => {
    asked.push(offset)
    if (offset >= left) {
      left = Number.POSITIVE_INFINITY
      throw new Fault('ServiceUnavailable', 'cut', { isRetryable: true })
    }
    return {
      bytes: content.subarray(offset, offset + Math.min(limitBytes, mostBytes)),
      sizeBytes: content.length,
      tag: 't',
    }
  }
  const stored = {
    NodeID: node,
    DesiredState: { StateType: 'Running' },
    ComputeState: { StateType: 'Running' },
    ...execution,
  }
  const taker = new ResultTaker({
    clock: new StepClock(),
    maxBytes,
    hasRoomFor: async () => hasRoom,
    log: () => {},
    end: () => ({ readResult }),
    store: {
      execution: async () => stored,
      jobVersion: async () => ({ Tasks: [{ Publisher: { Type: 'link' } }] }),
    },
    results: {
      holds: async () => isWhole,
      receivedBytes: async () => bytesOf(),
      append: async (_offer: ResultOffer, bytes: Uint8Array) => void taken.push(Buffer.from(bytes)),
      finish: async () => {
        isWhole = Buffer.concat(taken).equals(content)
      },
    },
  } as never)
  return { taker, asked, isWhole: () => isWhole, bytesOf }
}

describe('a result that a node offers', () => {
  it('is taken whole, and not again', async () => {
    const { taker, asked, isWhole } = rig()
    expect(await taker.take(node, offer)).toEqual({ IsTaken: true, ReceivedBytes: content.length })
    expect(isWhole()).toBe(true)
    const { length } = asked
    expect(await taker.take(node, offer)).toMatchObject({ IsTaken: true })
    expect(asked).toHaveLength(length)
  })

  it('goes on where it broke', async () => {
    const { taker, asked, isWhole, bytesOf } = rig({ breakAt: 300_000 })
    await expect(taker.take(node, offer)).rejects.toMatchObject({ isRetryable: true })
    const before = bytesOf()
    expect(before).toBeGreaterThan(0)
    asked.length = 0
    expect(await taker.take(node, offer)).toMatchObject({ IsTaken: true })
    expect(asked[0]).toBe(before)
    expect(isWhole()).toBe(true)
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
    const { taker, asked } = rig({ maxBytes: content.length - 1 })
    await expect(taker.take(node, offer)).rejects.toMatchObject({
      code: 'PayloadTooLarge',
      details: { FailureClass: 'resource' },
      hint: expect.stringContaining('Orchestrator.MaxResultSize'),
    })
    expect(asked).toEqual([])
  })

  it('is taken in smaller pieces where the bus carries no larger ones', async () => {
    const { taker, asked, isWhole } = rig({ mostBytes: 16_000 })
    expect(await taker.take(node, offer)).toMatchObject({ IsTaken: true })
    expect(isWhole()).toBe(true)
    expect(asked.length).toBeLessThan(80)
  })

  it('waits on its node while there is no room for it', async () => {
    const { taker, asked } = rig({ hasRoom: false })
    await expect(taker.take(node, offer)).rejects.toMatchObject({ code: 'StorageFull', isRetryable: true })
    expect(asked).toEqual([])
  })
})
