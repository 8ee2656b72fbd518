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
  readonly #ready: Entry[] = []
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

  ask(ask: Ask): void {
    if (this.#working.has(ask.jobId)) {
      this.#again.set(ask.jobId, this.#again.get(ask.jobId) ?? ask)
      return
    }
    if (this.#waiting.has(ask.jobId)) return
    const entry = { ...ask, order: this.#order++ }
    this.#waiting.set(ask.jobId, entry)
    push(this.#ready, entry)
  }

  /** The next job, now this worker's until `done`. */
  take(): Ask | undefined {
    const entry = pop(this.#ready)
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

  clear(): void {
    this.#ready.length = 0
    this.#waiting.clear()
    this.#working.clear()
    this.#again.clear()
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.priority > b.priority || (a.priority === b.priority && a.order < b.order)

const push = (heap: Entry[], entry: Entry): void => {
  heap.push(entry)
  let child = heap.length - 1
  while (child > 0) {
    const parent = (child - 1) >> 1
    if (!isBefore(heap[child] as Entry, heap[parent] as Entry)) break
    swap(heap, child, parent)
    child = parent
  }
}

const pop = (heap: Entry[]): Entry | undefined => {
  const first = heap[0]
  const last = heap.pop()
  if (!first || !last || heap.length === 0) return first
  heap[0] = last
  let parent = 0
  for (;;) {
    const [left, right] = [2 * parent + 1, 2 * parent + 2]
    let best = parent
    if (left < heap.length && isBefore(heap[left] as Entry, heap[best] as Entry)) best = left
    if (right < heap.length && isBefore(heap[right] as Entry, heap[best] as Entry)) best = right
    if (best === parent) return first
    swap(heap, parent, best)
    parent = best
  }
}

const swap = (heap: Entry[], a: number, b: number): void => {
  const item = heap[a] as Entry
  heap[a] = heap[b] as Entry
  heap[b] = item
}
