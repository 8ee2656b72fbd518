import { createCipheriv, createHash } from 'node:crypto'
import type { World } from './world.ts'

const startNs = 1_640_995_200_000_000_000n
const stepNs = 1_000_000n
const chunkBytes = 65_536

/**
 * The world of a job with `Deterministic: true`: time begins at 2022-01-01T00:00:00Z, goes on by one millisecond each
 * time it is read and by what is slept (sleeping takes no real time); chance is a stream that follows from the seed.
 */
export function fixedWorld(seed: bigint): World {
  const key = createHash('sha256').update(`bacalhau wasm seed ${seed}`).digest()
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  let elapsedNs = 0n
  const advance = (): bigint => (elapsedNs += stepNs)
  return {
    isRepeatable: true,
    realtimeNs: () => startNs + advance(),
    monotonicNs: advance,
    cpuNs: advance,
    sleep: (durationNs) => void (elapsedNs += durationNs),
    fillRandom(bytes) {
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        bytes.set(stream.update(Buffer.alloc(Math.min(chunkBytes, bytes.length - at))), at)
      }
    },
  }
}
