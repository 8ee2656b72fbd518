import { expect, it } from 'vitest'
import { StepClock } from '../../test/kit/step-clock.ts'
import { IdleMemory } from './idle-memory.ts'

/** A process that has worked so long in each half of a second; returns after how many of them it collected. */
const collections = (workMs: readonly number[]): number[] => {
  const clock = new StepClock()
  const halves: number[] = []
  let activeMs = 0
  const memory = new IdleMemory({ clock, activeMs: () => activeMs, collect: () => halves.push(clock.nowMs() / 500) })
  memory.start()
  for (const [half, ms] of workMs.entries()) {
    activeMs += ms
    clock.goTo((half + 1) * 500)
  }
  memory.stop()
  expect(clock.pending).toBe(0)
  return halves
}

it('memory is given back once after a start or a busy time, and not while something is to do', () => {
  expect(collections([400, 5, 5, 5, 5, 5, 450, 500, 40, 5, 5, 5, 5])).toEqual([3, 11])
  expect(collections([400, 100, 100, 100, 100, 100])).toEqual([])
})

it('what little work leaves is not worth it before it is much', () => {
  expect(collections([5, 5, 400, 5, 5, 400, 5, 5, 400, 5, 5])).toEqual([2, 11])
})

it('what V8 collects then is all that nobody uses', () => {
  const clock = new StepClock()
  let activeMs = 0
  const memory = new IdleMemory({ clock, activeMs: () => (activeMs += clock.nowMs() === 500 ? 500 : 1) })
  const left = new WeakRef(leftBehind())
  expect(left.deref()).toBeDefined()
  memory.start()
  return new Promise<void>((seen) => {
    // What a turn of the event loop has looked at stays until its end.
    setImmediate(() => {
      clock.goTo(5_000)
      memory.stop()
      expect(left.deref()).toBeUndefined()
      seen()
    })
  })
})

const leftBehind = (): object => ({ text: 'x'.repeat(1_000) })
