import { describe, expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
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
  it('says in one sentence what went wrong, with its hint, and no cause of a cause', () => {
    const lines: string[] = []
    const log = eventLog(
      nodeLog('warn', 'default', (line) => lines.push(line)),
      { monotonicMs: () => 0 } as Clock,
    )
    const cause = new Error('self-signed certificate; if the root CA is installed locally, try running Node.js')
    log('odd', { error: new Fault('ServiceUnavailable', 'not reached', { cause, hint: 'name its authority' }) })
    log('even', { error: new Error('fetch failed', { cause: new Error('no route') }) })
    expect(lines.map((line) => line.slice(13))).toEqual([
      'WRN odd error="not reached" hint="name its authority"\n',
      'WRN even error="fetch failed: no route"\n',
    ])
  })

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

  it('says each turn of what comes and goes, and of a state that stays the same once', () => {
    const lines: string[] = []
    const log = eventLog(
      nodeLog('info', 'json', (line) => lines.push(JSON.parse(line).msg)),
      { monotonicMs: () => 0 } as Clock,
    )
    for (const event of ['bus_lost', 'bus_lost', 'bus_reached', 'bus_reached', 'bus_lost', 'bus_reached'])
      log(event, {})
    expect(lines).toEqual(['bus_lost', 'bus_reached', 'bus_lost', 'bus_reached'])
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
