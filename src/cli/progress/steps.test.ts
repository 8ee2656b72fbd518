import { describe, expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { Screen } from '../../../test/kit/screen.ts'
import { Steps } from './steps.ts'

/** A terminal, or none without columns, and a clock that goes when it is told to. */
function world(columns?: number) {
  let nowMs = 0
  let due: (() => void) | undefined
  const screen = new Screen(columns ?? 500)
  let text = ''
  const write = (piece: string | Uint8Array) => {
    text += piece
    screen.write(String(piece).replaceAll('\n', '\r\n'))
  }
  const after = (_: number, run: () => void) => {
    due = run
    return { stop: () => (due = undefined) }
  }
  const pass = (ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 100) due?.()
  }
  const out = { isTerminal: columns !== undefined, canRedraw: columns !== undefined, columns, write }
  const clock = partOf<Clock>({ monotonicMs: () => nowMs, after })
  return { steps: new Steps(out, clock, 30), screen, pass, text: () => text }
}

describe('the steps of a submission on a terminal [R41]', () => {
  it.each([60, 75, 76, 80, 250])('leave one line each and no rubbish on %s columns', (columns) => {
    const { steps, screen, pass } = world(columns)
    steps.begin('Communicating with the network')
    pass(2_000)
    steps.begin('Job in progress')
    steps.note('世界 '.repeat(60))
    pass(75_000)
    expect(screen.isCursorHidden).toBe(true)
    expect(screen.lines.at(-1)).toMatch(/^ {8}世界.*…$/)
    steps.end('failed')
    expect(screen.lines).toEqual([
      expect.stringMatching(/^ +Communicating with the network .*done ✅ {2}2.0s$/),
      expect.stringMatching(/^ +Job in progress .*err {2}❌ {2}01m15.0s$/),
      '',
    ])
    expect([screen.broken, screen.strange, screen.isCursorHidden]).toEqual([0, [], false])
  })

  it('show below them what is so at that moment', () => {
    const { steps, screen, pass } = world(80)
    let sent = 0
    steps.begin('Sending ./data')
    steps.note(() => `${sent} sent`)
    pass(100)
    expect(screen.lines.at(-1)).toMatch(/^ {8}0 sent$/)
    sent = 1
    pass(100)
    expect(screen.lines.at(-1)).toMatch(/^ {8}1 sent$/)
    steps.end('done')
  })

  it('are only told when they are over where nothing can be written over', () => {
    const { steps, pass, text } = world()
    steps.begin('Job in progress')
    steps.note('nobody sees it')
    pass(1_000)
    expect(text()).toBe('')
    steps.end('done')
    expect(text()).toBe(`\t${'Job in progress'.padStart(30)}  ................  done ✅  1.0s\n`)
  })
})
