/**
 * The memory that the child's two threads share: output not yet sent, and the lock around sending. Numbers are places
 * in its Int32 head.
 */
export const place = { lock: 0, usedBytes: 1, lastFrameAt: 2, isNudged: 3 } as const
export const headBytes = 16
export const capacityBytes = 262_144
export const none = -1

export const makeSharedOutput = (): SharedArrayBuffer => {
  const shared = new SharedArrayBuffer(headBytes + capacityBytes)
  new Int32Array(shared, 0, 4)[place.lastFrameAt] = none
  return shared
}
