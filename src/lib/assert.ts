/** Thrown when our own reasoning is wrong. Never the user's fault; the process logs the stack and stops. */
export class BugError extends Error {
  override readonly name = 'BugError'
}

/** States what must be true here; a failure is a bug of ours. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message)
}

/** The branch that types say cannot be reached. */
export function unreachable(value: never, what: string): never {
  throw new BugError(`unexpected ${what}: ${String(value)}`)
}
