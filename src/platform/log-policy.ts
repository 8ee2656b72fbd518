import type { ExecutionId } from '#models/ids.ts'

/** How much of what programs printed is kept on a node; 0 = no limit. */
export type LogPolicy = {
  /** How long an output is kept after its last byte. */
  keptMs: number
  /** Bytes of all outputs together. */
  totalBytes: number
  /** Outputs. */
  count: number
}

/** The output of one execution as it lies on the disk; `writtenMs`: its last byte, Unix ms. */
export type KeptFile = { executionId: ExecutionId; sizeBytes: number; writtenMs: number }

export type LogLimit = 'age' | 'size' | 'count'

/**
 * What must go, the oldest first, each with the limit it is beyond. It is asked anew after each: what cannot go counts, and
 * others go in its place. `left`: what is there still.
 */
export function limitBeyond(
  { writtenMs }: KeptFile,
  left: { bytes: number; count: number },
  { keptMs, totalBytes, count }: LogPolicy,
  nowMs: number,
): LogLimit | undefined {
  if (keptMs > 0 && writtenMs < nowMs - keptMs) return 'age'
  if (totalBytes > 0 && left.bytes > totalBytes) return 'size'
  return count > 0 && left.count > count ? 'count' : undefined
}
