import { constants, type PerformanceNodeEntry, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { StepClock } from '../../test/kit/step-clock.ts'
import { HeapCare } from './heap-care.ts'

/** A process that has worked so long in each half of a second; returns after how many of them it collected. */
const collections = (workMs: readonly number[]): number[] => {
  const clock = new StepClock()
  const halves: number[] = []
  let activeMs = 0
  const memory = new HeapCare({ clock, activeMs: () => activeMs, collect: () => halves.push(clock.nowMs() / 500) })
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

it('what is compiled goes only with what the start has left', () => {
  const clock = new StepClock()
  const withCode: boolean[] = []
  let activeMs = 0
  const heap = new HeapCare({ clock, activeMs: () => activeMs, collect: (isWithCode) => withCode.push(isWithCode) })
  heap.start()
  for (const [half, ms] of [400, 5, 5, 450, 500, 450, 5, 5].entries()) {
    activeMs += ms
    clock.goTo((half + 1) * 500)
  }
  heap.stop()
  expect(withCode).toEqual([true, false])
})

it.each([500, 5_000])('what V8 collects after %i ms of work is all that nobody uses', (workMs) => {
  const clock = new StepClock()
  let activeMs = 0
  const memory = new HeapCare({ clock, activeMs: () => (activeMs += clock.nowMs() === 500 ? workMs : 1) })
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

it('bytes outside of the heap count as a part of it while there is much to do, and no longer', () => {
  const clock = new StepClock()
  const told: boolean[] = []
  let activeMs = 0
  const heap = new HeapCare({ clock, activeMs: () => activeMs, collect: () => {}, countBytes: (are) => told.push(are) })
  heap.start()
  for (const [half, ms] of [400, 500, 99, 20, 100, 5].entries()) {
    activeMs += ms
    clock.goTo((half + 1) * 500)
  }
  heap.stop()
  expect(told).toEqual([true, false, true, false])
})

it('V8 does not look through all that a busy process keeps for the bytes that come through it', async () => {
  const clock = new StepClock()
  let activeMs = 0
  const heap = new HeapCare({ clock, activeMs: () => activeMs, collect: () => {} })
  const kept = Array.from({ length: 300_000 }, (_, at) => ({ at, text: `x${at}` }))
  heap.start()
  const resting = await comingThrough({ collections: 10 })
  activeMs += 500
  clock.goTo(500)
  const busy = await comingThrough({ mib: resting.mib })
  clock.goTo(1_000)
  heap.stop()
  expect(kept).toHaveLength(300_000)
  expect(busy.collections).toBeLessThan(resting.collections)
})

/**
 * How often V8 looks through everything while so many bytes come through it; it looks beside the program, on a machine with other work
 * once in some GiB only.
 */
async function comingThrough(most: {
  mib?: number
  collections?: number
}): Promise<{ mib: number; collections: number }> {
  const seen = { mib: 0, collections: 0 }
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as PerformanceNodeEntry[]) {
      if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) seen.collections++
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  while (seen.mib < (most.mib ?? Infinity) && seen.collections < (most.collections ?? Infinity)) {
    for (let at = 0; at < 16; at++) Buffer.allocUnsafeSlow(64 * 1024)
    seen.mib++
    await turn()
  }
  await turn()
  observer.disconnect()
  return seen
}

const leftBehind = (): object => ({ text: 'x'.repeat(1_000) })
