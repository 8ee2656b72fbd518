import { describe, expect, it } from 'vitest'
import { Screen } from '../../../test/kit/screen.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { Transfers } from './transfers.ts'

/** A terminal, or none without columns. */
function world(columns?: number) {
  const clock = new StepClock()
  const screen = new Screen(columns ?? 500)
  let text = ''
  const write = (piece: string | Uint8Array) => {
    text += piece
    screen.write(String(piece))
  }
  const out = { isTerminal: columns !== undefined, canRedraw: columns !== undefined, columns, write }
  return { clock, screen, transfers: new Transfers(out, clock, 'results'), text: () => text }
}
const megabyte = 1_000_000

describe('how far transfers have come [X11]', () => {
  it('stands in one line of a terminal, with speed and time left, and is gone at the end', () => {
    const { clock, screen, transfers } = world(80)
    const [one, two] = [transfers.add(30 * megabyte), transfers.add(undefined)]
    for (let second = 1; second <= 6; second++) {
      clock.goTo(second * 1000 - 1)
      one(second * megabyte)
      clock.goTo(second * 1000)
    }
    expect(screen.lines).toEqual(['0 of 2 results, 6.0 MB, 1.0 MB/s'])
    two(4 * megabyte, 10 * megabyte)
    clock.goTo(6_200)
    expect(screen.lines).toEqual(['0 of 2 results, 10 MB of 40 MB, 1.0 MB/s, 30s left'])
    one(30 * megabyte)
    two(10 * megabyte)
    clock.goTo(6_400)
    expect(screen.lines).toEqual(['0 of 2 results, 40 MB of 40 MB, checking and unpacking'])
    two(undefined)
    clock.goTo(6_600)
    expect(screen.lines[0]).toMatch(/^1 of 2 results/)
    transfers.stop()
    expect(screen.lines).toEqual([''])
    expect(clock.pending).toBe(0)
  })

  it('counts what was there already as come, not as fast', () => {
    const { clock, screen, transfers } = world(80)
    const one = transfers.add(100 * megabyte)
    one(50 * megabyte)
    clock.goTo(200)
    clock.goTo(1000)
    one(51 * megabyte)
    clock.goTo(1200)
    expect(screen.lines).toEqual(['0 of 1 results, 51 MB of 100 MB, 1.0 MB/s, 49s left'])
  })

  it('is never wider than the terminal', () => {
    const { clock, screen, transfers } = world(20)
    transfers.add(100 * megabyte)(50 * megabyte)
    clock.goTo(1000)
    expect(screen.lines).toHaveLength(1)
    expect(screen.broken).toBe(0)
  })

  it('is a line now and then elsewhere, and none of what is quick', () => {
    const { clock, transfers, text } = world()
    const one = transfers.add(100 * megabyte)
    clock.goTo(9_000)
    expect(text()).toBe('')
    one(50 * megabyte)
    clock.goTo(25_000)
    expect(text()).toBe('0 of 1 results, 50 MB of 100 MB\n'.repeat(2))
    transfers.stop()
    expect(text()).not.toContain('\x1b')
  })
})
