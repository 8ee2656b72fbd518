import { expect, it } from 'vitest'
import type { Clock } from '#lib/clock.ts'
import { Awake } from './awake.ts'

it.each([
  ['a process that was frozen', 10_000, 10_000],
  ['a machine that slept, where only the time of day went on,', 10, 10_000],
])('%s is awake since then, and not since it was asked twice in a short time', (_what, passedMs, dayMs) => {
  let [ms, ns] = [100, 0n]
  const clock = { monotonicMs: () => ms, nowNs: () => ns } as Clock
  const awake = new Awake(clock, 1_000)
  const pass = (steadyMs: number, wallMs: number) => {
    ms += steadyMs
    ns += BigInt(wallMs) * 1_000_000n
    return awake.since
  }
  expect(pass(900, 900)).toEqual({ ms: 100, ns: 0n })
  expect(pass(900, 900)).toEqual({ ms: 100, ns: 0n })
  const woken = { ms: 1_900 + passedMs, ns: 11_800_000_000n }
  expect(pass(passedMs, dayMs)).toEqual(woken)
  expect(pass(900, 900)).toEqual(woken)
})
