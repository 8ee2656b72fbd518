import { Heap } from '#lib/heap.ts'
import type { EvaluationTrigger } from '#models/evaluation.ts'
import type { JobId } from '#models/ids.ts'

/** "Look at this job": held in memory only, because every job that has not ended is looked at again at start (W1). */
export type Ask = { jobId: JobId; priority: number; trigger: EvaluationTrigger; evaluationId: string }

type Entry = Ask & { order: number }

/**
 * Which job to look at next: higher priority first, then first come. A job is handed out to one worker at a time (W4);
 * what is asked meanwhile makes it due again when that worker is done. Asking twice is asking once.
 */
export class Broker {
  readonly #ready = new Heap<Entry>(isBefore)
  readonly #waiting = new Map<JobId, Entry>()
  readonly #working = new Set<JobId>()
  readonly #again = new Map<JobId, Ask>()
  #order = 0

  get hasReady(): boolean {
    return this.#waiting.size > 0
  }

  /** Nobody is due, nor being looked at. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0
  }

  /** Some worker is looking at it. */
  isTaken(jobId: JobId): boolean {
    return this.#working.has(jobId)
  }

  ask(ask: Ask): void {
    if (this.#working.has(ask.jobId)) {
      this.#again.set(ask.jobId, this.#again.get(ask.jobId) ?? ask)
      return
    }
    const earlier = this.#waiting.get(ask.jobId)
    if (earlier && earlier.priority >= ask.priority) return
    const entry = { ...ask, order: this.#order++ }
    this.#waiting.set(ask.jobId, entry)
    this.#ready.push(entry)
  }

  /** The next job, now this worker's until `done`. */
  take(): Ask | undefined {
    let entry = this.#ready.pop()
    // Asked for again with a higher priority since, and handed out by that.
    while (entry && this.#waiting.get(entry.jobId) !== entry) entry = this.#ready.pop()
    if (!entry) return undefined
    this.#waiting.delete(entry.jobId)
    this.#working.add(entry.jobId)
    return entry
  }

  done(jobId: JobId): void {
    this.#working.delete(jobId)
    const again = this.#again.get(jobId)
    this.#again.delete(jobId)
    if (again) this.ask(again)
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.priority > b.priority || (a.priority === b.priority && a.order < b.order)
