import type { Clock, Timer } from '#lib/clock.ts'
import { Heap } from '#lib/heap.ts'
import type { JobId } from '#models/ids.ts'

type Alarm = { jobId: JobId; at: bigint; dueMs: number; order: number }

const longestMs = 2 ** 30
/** Alarms that were replaced stay in the queue until they come up, or are so many. */
const fewReplaced = 1_024

/** One alarm per job at most: the earliest moment at which time alone changes something for it. One timer does for all of them. */
export class JobTimers {
  readonly #clock: Clock
  readonly #onTime: (jobId: JobId) => void
  readonly #alarms = new Map<JobId, Alarm>()
  readonly #queue = new Heap<Alarm>(isBefore)
  #order = 0
  #timer: Timer | undefined
  #timerDueMs = 0

  constructor(clock: Clock, onTime: (jobId: JobId) => void) {
    this.#clock = clock
    this.#onTime = onTime
  }

  /** Replaces the job's alarm; undefined takes it away. */
  set(jobId: JobId, at: bigint | undefined): void {
    if (this.#alarms.get(jobId)?.at === at) return
    this.#alarms.delete(jobId)
    if (at === undefined) return
    const delayMs = Number((at - BigInt(this.#clock.nowMs()) * 1_000_000n) / 1_000_000n) + 1
    const dueMs = this.#clock.monotonicMs() + Math.max(0, delayMs)
    this.#enqueue({ jobId, at, dueMs, order: this.#order++ })
  }

  clear(): void {
    this.#alarms.clear()
    this.#queue.clear()
    this.#timer?.stop()
    this.#timer = undefined
  }

  #enqueue(alarm: Alarm): void {
    this.#alarms.set(alarm.jobId, alarm)
    this.#queue.push(alarm)
    if (this.#queue.size > 2 * this.#alarms.size + fewReplaced) {
      this.#queue.clear()
      for (const each of this.#alarms.values()) this.#queue.push(each)
    }
    this.#wind()
  }

  /** Sets the timer to the first alarm. */
  #wind(): void {
    const first = this.#queue.first
    if (!first || (this.#timer && this.#timerDueMs <= first.dueMs)) return
    this.#timer?.stop()
    this.#timerDueMs = first.dueMs
    const delayMs = Math.min(longestMs, Math.max(0, first.dueMs - this.#clock.monotonicMs()))
    this.#timer = this.#clock.after(delayMs, () => this.#ring())
  }

  #ring(): void {
    this.#timer = undefined
    // Timers keep whole milliseconds.
    const nowMs = this.#clock.monotonicMs() + 1
    for (let first = this.#queue.first; first && first.dueMs <= nowMs; first = this.#queue.first) {
      this.#queue.pop()
      if (this.#alarms.get(first.jobId) !== first) continue
      this.#alarms.delete(first.jobId)
      this.#onTime(first.jobId)
    }
    this.#wind()
  }
}

const isBefore = (a: Alarm, b: Alarm): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
