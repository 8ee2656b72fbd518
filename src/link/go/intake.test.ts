import { describe, expect, it } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Clock } from '#lib/clock.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { Frame, OrchestratorMessage } from '#models/messages/messages.ts'
import { Intake } from './intake.ts'

const accepted = (n: number): OrchestratorMessage => ({
  Kind: 'BidAccepted',
  Body: { ExecutionID: `e-${n}` as ExecutionId },
})

/** A node that takes frames once it has agreed on the link. */
function rig(isLinked = true) {
  const node = { isLinked, frames: [] as Frame<OrchestratorMessage>[], lastSeq: 4, tries: 0 }
  const back = {
    deliver: async (linkId: string, frames: readonly Frame<OrchestratorMessage>[]) => {
      node.tries += 1
      if (!node.isLinked || linkId !== 'l') throw new Error('no handshake yet')
      for (const frame of frames) {
        if (frame.Seq <= node.lastSeq) continue
        node.frames.push(frame)
        node.lastSeq = frame.Seq
      }
      return { LastSeq: node.lastSeq }
    },
  } as Partial<ComputeEnd> as ComputeEnd
  const intake = new Intake({ sleep: () => Promise.resolve() } as Partial<Clock> as Clock)
  intake.goOn(back, 'l')
  return { node, intake, back }
}

describe('orders of a Go orchestrator on their way in', () => {
  it('keep their order and its numbers, gaps too; one that comes again is taken and changes nothing', async () => {
    const { node, intake } = rig()
    await Promise.all([intake.take(accepted(1), 10), intake.take(accepted(2), 40), intake.take(accepted(1), 10)])
    expect(node.frames.map(({ Seq, HasGaps }) => [Seq, HasGaps])).toEqual([
      [10, true],
      [40, true],
    ])
  })

  it('without numbers are given the next ones', async () => {
    const { node, intake } = rig()
    await Promise.all([intake.take(accepted(1)), intake.take(accepted(2))])
    expect(node.frames.map(({ Seq, Message }) => [Seq, Message.Body])).toEqual([
      [5, { ExecutionID: 'e-1' }],
      [6, { ExecutionID: 'e-2' }],
    ])
  })

  it('that come with the answer to the handshake wait until the node has taken it', async () => {
    const { node, intake } = rig(false)
    const taken = intake.take(accepted(1), 10)
    while (node.tries < 3) await Promise.resolve()
    node.isLinked = true
    await taken
    expect(node.frames).toHaveLength(1)
  })

  it('that cannot be stored are refused after a while, and the next ones are tried', async () => {
    const { node, intake } = rig(false)
    await expect(intake.take(accepted(1), 10)).rejects.toThrow('no handshake yet')
    node.isLinked = true
    await intake.take(accepted(2), 11)
    expect(node.frames).toHaveLength(1)
  })

  it('are refused when too many wait', async () => {
    const { intake } = rig(false)
    const all = Array.from({ length: 1_001 }, (_, n) => intake.take(accepted(n), n + 10))
    await expect(all.at(-1)).rejects.toMatchObject({ code: 'ResourceExhausted' })
    await Promise.allSettled(all)
  })
})
