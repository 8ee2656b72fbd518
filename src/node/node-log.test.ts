import { describe, expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import { eventLog, nodeLog } from './node-log.ts'

function logAt() {
  let nowMs = 0
  const lines: Record<string, unknown>[] = []
  const log = eventLog(
    nodeLog('warn', 'json', (line) => lines.push(JSON.parse(line))),
    { monotonicMs: () => nowMs } as Clock,
  )
  return { log, lines, passTo: (ms: number) => (nowMs = ms) }
}

describe('the log of events', () => {
  it('says the same of the same node once in thirty seconds, and of another node or for another reason at once', () => {
    const { log, lines, passTo } = logAt()
    for (const nodeId of ['a', 'a', 'b']) log('odd', { nodeId, error: new Error('no') })
    log('odd', { nodeId: 'a', reason: 'late' })
    passTo(29_999)
    log('odd', { nodeId: 'a', reason: 'late' })
    passTo(30_000)
    log('odd', { nodeId: 'a', reason: 'late' })
    expect(lines.map(({ nodeId, reason = 'no' }) => [nodeId, reason])).toEqual([
      ['a', 'no'],
      ['b', 'no'],
      ['a', 'late'],
      ['a', 'late'],
    ])
  })

  it('is not filled by one event, whoever makes up reasons; how much was held back is said in the end', () => {
    const { log, lines, passTo } = logAt()
    for (let index = 0; index < 1_000; index++) log('odd', { nodeId: `n-${index}`, reason: 'no' })
    log('other', { reason: 'no' })
    expect([lines.length, lines.at(-1)?.['msg']]).toEqual([101, 'other'])
    passTo(30_000)
    log('odd', { nodeId: 'n-1', reason: 'no' })
    expect(lines.slice(-2).map(({ heldBack, nodeId }) => heldBack ?? nodeId)).toEqual([900, 'n-1'])
  })
})
