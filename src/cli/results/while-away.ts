import type { Clock } from '#lib/clock.ts'
import { faultOf } from '#lib/fault.ts'

/** A server that goes away is asked again for so long after it was last heard: it may only be started anew. */
const patienceMs = 30_000
const pauseMs = 500

export type Patience = {
  clock: Clock
  signal: AbortSignal
  /** When the server was last heard, by the clock's monotonic time. */
  heardAtMs: () => number
  /** Told each time that it is out of reach, before it is asked again. */
  onAway?: (error: unknown) => void
}

/** Asks a server that may be away for a while. Throws what aborted it, what a server has said, or that there was none for too long. */
export async function whileAway<Value>(ask: () => Promise<Value>, patience: Patience): Promise<Value> {
  const { clock, signal, heardAtMs, onAway } = patience
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const isOver = clock.monotonicMs() > heardAtMs() + patienceMs
      if (isOver || signal.aborted || !isOutOfReach(error)) throw error
      onAway?.(error)
      await clock.sleep(pauseMs, signal)
    }
  }
}

/** What someone is told meanwhile, with the cure at once: perhaps no server was ever there. */
export function awayText(error: unknown): string {
  const { message, hint } = faultOf(error)
  return `${message}; asking again for ${patienceMs / 1000}s${hint ? `\nHint: ${hint}` : ''}`
}

/** No server has said it. */
function isOutOfReach(error: unknown): boolean {
  const { component, isRetryable } = faultOf(error)
  return component === 'Client' && isRetryable
}
