import { expect, it } from 'vitest'
import type { JobId } from '#models/ids.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { JobTimers } from './timers.ts'

const ms = 1_000_000n

const timersOf = (clock: StepClock) => {
  const rung: string[] = []
  const timers = new JobTimers(clock, (jobId) => rung.push(`${jobId} at ${clock.nowAtMs}`))
  return { rung, set: (id: string, at: bigint | undefined) => timers.set(id as JobId, at), timers }
}

it('alarms of jobs ring in the order of their times, none before its time, and one timer does for all', () => {
  const clock = new StepClock()
  const { rung, set } = timersOf(clock)
  for (const [id, at] of [
    ['c', 300n],
    ['a', 100n],
    ['b', 200n],
  ] as const)
    set(id, at * ms)
  expect(clock.pending).toBe(1)
  clock.goTo(99)
  expect(rung).toEqual([])
  clock.goTo(1_000)
  expect(rung).toEqual(['a at 101', 'b at 201', 'c at 301'])
  expect(clock.pending).toBe(0)
})

it('a job has its last alarm only, and none when it was taken away [W32]', () => {
  const clock = new StepClock()
  const { rung, set } = timersOf(clock)
  set('a', 100n * ms)
  set('b', 100n * ms)
  for (let at = 10_000n; at > 500n; at--) set('a', at * ms)
  set('b', undefined)
  clock.goTo(20_000)
  expect(rung).toEqual(['a at 502'])
})

it('an alarm further away than any timer reaches rings in its time', () => {
  const clock = new StepClock()
  const { rung, set } = timersOf(clock)
  const far = 5 * 2 ** 30
  set('a', BigInt(far) * ms)
  clock.goTo(far - 1)
  expect(rung).toEqual([])
  clock.goTo(far + 1)
  expect(rung).toEqual([`a at ${far}`])
})

it('nothing rings after all was cleared', () => {
  const clock = new StepClock()
  const { rung, set, timers } = timersOf(clock)
  set('a', 100n * ms)
  timers.clear()
  clock.goTo(1_000)
  expect([rung, clock.pending]).toEqual([[], 0])
})
