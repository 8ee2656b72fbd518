import { expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { Silence } from './silence.ts'

const limitMs = 3_000
const silenceOf = (clock: StepClock) => {
  const told: string[] = []
  const silence = new Silence(clock, limitMs, (nodeId) => told.push(`${nodeId} at ${clock.nowAtMs}`))
  return {
    told,
    silence,
    hear: (atMs: number, ...names: string[]) => {
      clock.goTo(atMs)
      for (const name of names) silence.hear(name as NodeId)
    },
  }
}

it('each node that falls silent is told of when its time is over, and one timer does for all [R101]', () => {
  const clock = new StepClock()
  const { told, hear } = silenceOf(clock)
  hear(0, 'a', 'b', 'c')
  hear(1_000, 'b')
  hear(2_500, 'a')
  expect(clock.pending).toBe(1)
  clock.goTo(60_000)
  expect(told).toEqual(['c at 3000', 'b at 4000', 'a at 5500'])
  expect(clock.pending).toBe(0)
})

it('a node that goes on is never told of, nor one that is forgotten', () => {
  const clock = new StepClock()
  const { told, silence, hear } = silenceOf(clock)
  hear(0, 'gone')
  silence.forget('gone' as NodeId)
  for (let atMs = 0; atMs <= 30_000; atMs += 2_999) hear(atMs, 'goes on')
  expect(told).toEqual([])
  expect(silence.isHeardWithin('goes on' as NodeId, 100)).toBe(true)
  expect(silence.isHeardWithin('gone' as NodeId, 100_000)).toBe(false)
})

it("the time in which this process did not run is nobody's silence [R101]", () => {
  const clock = new StepClock()
  const { told, hear } = silenceOf(clock)
  hear(0, 'dead')
  hear(1_000, 'alive')
  clock.goTo(1_500)
  clock.nowAtMs = 20_000
  hear(20_001, 'alive')
  expect(told).toEqual([])
  clock.goTo(60_000)
  expect(told).toEqual(['dead at 21200', 'alive at 23001'])
})

it('nothing is told after the end', () => {
  const clock = new StepClock()
  const { told, silence, hear } = silenceOf(clock)
  hear(0, 'a')
  silence.stop()
  hear(10, 'b')
  clock.goTo(60_000)
  expect([told, clock.pending]).toEqual([[], 0])
})
