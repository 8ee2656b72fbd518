/**
 * The memory that the child's two threads share: output not yet sent, and the lock around sending. Numbers are places
 * in its Int32 head.
 */
export const place = { lock: 0, usedBytes: 1, lastFrameAt: 2, isNudged: 3, isWatched: 4 } as const
const placeCount = 5
export const headBytes = 4 * placeCount
export const capacityBytes = 262_144
export const none = -1

export const headOf = (shared: SharedArrayBuffer): Int32Array<SharedArrayBuffer> =>
  new Int32Array(shared, 0, placeCount)

export const makeSharedOutput = (): SharedArrayBuffer => {
  const shared = new SharedArrayBuffer(headBytes + capacityBytes)
  headOf(shared)[place.lastFrameAt] = none
  return shared
}
