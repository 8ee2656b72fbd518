import { describe, expect, it } from 'vitest'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { PullProgress } from './pull-progress.ts'

function pulling() {
  const clock = new StepClock()
  const told: string[] = []
  const progress = new PullProgress('tool:1', clock, (text) => told.push(text))
  const takes = (atMs: number, id: string, current: number, status = 'Downloading') => {
    clock.goTo(atMs)
    progress.take(JSON.stringify({ id, status, progressDetail: { current, total: 50_000_000 } }))
  }
  return { clock, told, progress, takes }
}

describe('PullProgress', () => {
  it('tells of the begin, how far it is, and the end', () => {
    const { told, progress, takes, clock } = pulling()
    takes(1_000, 'a', 1_000_000)
    takes(6_000, 'b', 20_000_000)
    takes(7_000, 'b', 50_000_000, 'Extracting')
    clock.goTo(8_500)
    progress.end()
    expect(told).toEqual([
      'Pulling image tool:1',
      'Pulling image tool:1: 21 MB of 100 MB',
      'Pulled image tool:1 in 9s, 100 MB',
    ])
  })

  it('tells ever less often, so that a long one has few lines', () => {
    const { told, takes } = pulling()
    for (let second = 1; second <= 3_600; second++) takes(second * 1000, 'a', second)
    expect(told.length).toBe(11)
  })

  it('throws what the engine calls an error', () => {
    const { progress } = pulling()
    expect(() => progress.take('{"error":"toomanyrequests: slow down"}')).toThrow('toomanyrequests: slow down')
    expect(() => progress.take('\r')).not.toThrow()
  })
})
