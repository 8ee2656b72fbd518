import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CpuBucket } from './cpu-bucket.ts'

it('a short program is not held, and one that works on rests until its share allows what it used', () => {
  const bucket = new CpuBucket(0.5, 1000, 70)
  expect(bucket.restMs(1200, 270)).toBe(0)
  expect(bucket.restMs(1400, 470)).toBe(100)
  expect(bucket.restMs(1500, 470)).toBe(0)
  expect(bucket.restMs(1600, 570)).toBe(100)
})

it('what is not used for long is not saved up', () => {
  const bucket = new CpuBucket(0.1, 0, 0)
  expect(bucket.restMs(3_600_000, 0)).toBe(0)
  expect(bucket.restMs(3_600_300, 300)).toBe(500)
})

it('whatever a program does, it uses no more than its share and the allowance', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true })))
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 0.9, noNaN: true }), steps, (cores, all) => {
      const bucket = new CpuBucket(cores, 0, 0)
      let [atMs, usedMs] = [0, 0]
      for (const [spanMs, work] of all) {
        atMs += spanMs
        usedMs += spanMs * work
        atMs += bucket.restMs(atMs, usedMs)
        bucket.restMs(atMs, usedMs)
        expect(usedMs).toBeLessThanOrEqual(250 + atMs * cores + 1e-6)
      }
    }),
  )
})
