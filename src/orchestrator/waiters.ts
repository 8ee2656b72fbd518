import type { JobId } from '#models/ids.ts'

/** Who wants to know of a job's next durable change: long-polling clients and followed logs. */
export class Waiters {
  readonly #waiting = new Map<JobId, Set<() => void>>()

  /** Resolves at the next change of the job, or when the signal is aborted. */
  next(jobId: JobId, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wakers = this.#waiting.get(jobId) ?? new Set()
      const wake = (): void => {
        wakers.delete(wake)
        if (wakers.size === 0) this.#waiting.delete(jobId)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      wakers.add(wake)
      this.#waiting.set(jobId, wakers)
      signal.addEventListener('abort', wake)
    })
  }

  notify(jobId: JobId): void {
    for (const wake of [...(this.#waiting.get(jobId) ?? [])]) wake()
  }

  has(jobId: JobId): boolean {
    return this.#waiting.has(jobId)
  }
}
