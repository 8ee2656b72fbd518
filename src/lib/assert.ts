/** Thrown when our own reasoning is wrong. Never the user's fault; the process logs the stack and stops. */
class BugError extends Error {
  override readonly name = 'BugError'
}

/** States what must be true here; a failure is a bug of ours. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message)
}
