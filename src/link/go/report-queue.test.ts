import { describe, expect, it } from 'vitest'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { ComputeMessage, Frame } from '#models/messages/messages.ts'
import { ReportQueue } from './report-queue.ts'

const ended = (n: number): ComputeMessage => ({
  Kind: 'CancelResult',
  Body: { ExecutionID: `e-${n}` as ExecutionId, RunOutput: null },
})

/** An orchestrator that had stored three messages of the link before, and fails when it is told to. */
const orchestrator = () => {
  const seen = { asked: 0, stored: [] as string[], failures: 0 }
  let lastSeq = 3
  const deliver = async (_node: NodeId, _link: string, frames: readonly Frame<ComputeMessage>[]) => {
    if (frames.length === 0) seen.asked++
    else if (seen.failures > 0) {
      seen.failures--
      throw new Fault('ServiceUnavailable', 'shake hands first')
    }
    for (const { Seq, Message } of frames) {
      expect(Seq).toBe(lastSeq + 1)
      lastSeq = Seq
      seen.stored.push(Message.Body.ExecutionID)
    }
    return { LastSeq: lastSeq }
  }
  return { seen, end: { deliver } as Partial<OrchestratorEnd> as OrchestratorEnd }
}

/** Time passes when `pass` says so. */
const clock = () => {
  const due: (() => void)[] = []
  const after = (_ms: number, run: () => void) => {
    due.push(run)
    return { stop: () => {} }
  }
  return { pass: () => due.splice(0).forEach((run) => run()), clock: { after } as Partial<Clock> as Clock }
}

const settled = () => new Promise((done) => setImmediate(done))

describe('what a Go node reported [W7]', () => {
  it('waits for a handshake, goes in order, and asks once how far the numbers are', async () => {
    const { seen, end } = orchestrator()
    const reports = new ReportQueue('n-1' as NodeId, end, clock().clock)
    let isStored = false
    void reports.add(ended(1)).then(() => (isStored = true))
    for (const n of [2, 3]) void reports.add(ended(n))
    await settled()
    expect({ stored: seen.stored, isStored }).toEqual({ stored: [], isStored: false })
    reports.goOn('link')
    await settled()
    expect(isStored).toBe(true)
    void reports.add(ended(4))
    await settled()
    expect(seen).toMatchObject({ stored: ['e-1', 'e-2', 'e-3', 'e-4'], asked: 1 })
  })

  it('is tried again until it is stored, each once', async () => {
    const { seen, end } = orchestrator()
    const time = clock()
    const reports = new ReportQueue('n-1' as NodeId, end, time.clock)
    seen.failures = 2
    reports.goOn('link')
    void reports.add(ended(1))
    for (let i = 0; i < 3; i++) {
      await settled()
      time.pass()
    }
    await settled()
    expect(seen.stored).toEqual(['e-1'])
  })

  it('is refused when too much of it waits, and none of it is dropped', async () => {
    const { seen, end } = orchestrator()
    const reports = new ReportQueue('n-1' as NodeId, end, clock().clock)
    for (let n = 0; n < 10_000; n++) void reports.add(ended(n))
    expect(() => reports.add(ended(10_000))).toThrow('10000 reports of node n-1 wait to be stored')
    reports.goOn('link')
    while (seen.stored.length < 10_000) await settled()
    expect(seen.stored.at(-1)).toBe('e-9999')
  })
})
