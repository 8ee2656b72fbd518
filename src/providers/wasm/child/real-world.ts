import { randomFillSync } from 'node:crypto'
import type { World } from '../wasi/world.ts'

const driftLimitMs = 2
const sleepLimitNs = 3_600_000_000_000n
/** Not zero: the runtime of Go takes a zero for a clock that does not work. */
const firstReadingNs = 1_000_000n
const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * The clock and chance of this machine. The child is a program of its own, so this is the one file beside platform/
 * that touches them.
 */
export function realWorld(): World {
  const startNs = process.hrtime.bigint()
  const startCpu = process.cpuUsage()
  let base = { wallMs: Date.now(), monotonicNs: startNs }
  return {
    isRepeatable: false,
    /** Finer than a millisecond by the monotonic clock, and following the wall clock when that is set. */
    realtimeNs() {
      const now = { wallMs: Date.now(), monotonicNs: process.hrtime.bigint() }
      const ns = BigInt(base.wallMs) * 1_000_000n + (now.monotonicNs - base.monotonicNs)
      if (Math.abs(Number(ns / 1_000_000n) - now.wallMs) <= driftLimitMs) return ns
      base = now
      return BigInt(now.wallMs) * 1_000_000n
    },
    monotonicNs: () => process.hrtime.bigint() - startNs + firstReadingNs,
    cpuNs() {
      const { user, system } = process.cpuUsage(startCpu)
      return BigInt(user + system) * 1000n
    },
    sleep(durationNs) {
      for (let left = durationNs; left > 0n; left -= sleepLimitNs) {
        const now = left < sleepLimitNs ? left : sleepLimitNs
        Atomics.wait(never, 0, 0, Number(now) / 1e6)
      }
    },
    fillRandom: (bytes) => void randomFillSync(bytes),
  }
}

/** For short pauses between sends. */
export const monotonicMs = (): number => performance.now()
