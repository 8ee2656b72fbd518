import type { EventLog } from '#lib/event-log.ts'
import type { EvaluationTrigger } from '#models/evaluation.ts'
import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { Broker } from './broker.ts'
import { Looks, type LooksParts } from './looks.ts'
import { JobTimers } from './timers.ts'
import { Waiting } from './waiting.ts'
import { Worker } from './worker.ts'

export type EvaluationsParts = Omit<LooksParts, 'broker' | 'timers' | 'waiting'> & { log: EventLog }

/**
 * Whatever happens to a job or to what it waits for asks here for a look at it. Through the broker that comes to the worker,
 * which looks, and stores what the look came to; time that has passed and room that is free ask for the next.
 */
export class Evaluations {
  readonly looks: Looks
  readonly #parts: EvaluationsParts
  readonly #broker = new Broker()
  readonly #waiting = new Waiting()
  readonly #timers: JobTimers
  readonly #worker: Worker
  #isStopped = false

  constructor(parts: EvaluationsParts) {
    const { clock, ledger, log } = parts
    this.#parts = parts
    this.#timers = new JobTimers(clock, (jobId) => this.askFor([jobId], 'job-timeout'))
    const queues = { broker: this.#broker, timers: this.#timers, waiting: this.#waiting }
    this.looks = new Looks({ ...parts, ...queues })
    this.#worker = new Worker({
      clock,
      broker: this.#broker,
      ledger,
      looks: this.looks,
      onError: ({ jobId }, error) => log('evaluation_failed', { jobId, error }),
    })
  }

  ask({ ID, Priority }: Job, trigger: EvaluationTrigger, evaluationId = this.#parts.random.uuid()): void {
    if (this.#isStopped) return
    this.#broker.ask({ jobId: ID, priority: Priority, trigger, evaluationId })
    this.#worker.wake()
  }

  /** For jobs of which no more is known here. */
  askFor(jobIds: Iterable<JobId>, trigger: EvaluationTrigger): void {
    void Promise.all([...jobIds].map((jobId) => this.#withPriority(jobId))).then((jobs) => this.#askAll(jobs, trigger))
  }

  /** For every job that has not ended, and every ended one that still has something running. */
  async askForAll(trigger: EvaluationTrigger): Promise<void> {
    const { store } = this.#parts.ledger
    const open = await store.jobIdsInStates(['Pending', 'Queued', 'Running'])
    const live = await store.liveExecutions()
    // At a start no node is there yet, so what waits is ordered by priority before any of it can be placed.
    const jobIds = new Set([...open, ...live.map((execution) => execution.JobID)])
    this.#askAll(
      [...jobIds].map((jobId) => ({ jobId, priority: 0 })),
      trigger,
    )
  }

  /** Something on a node has ended: what waits for room may find it. */
  roomFreed(): void {
    this.#askAll(this.#waiting.heads(false), 'capacity-freed')
  }

  /** A node joined, was approved, or changed its labels or resources: what waits may find a place now. */
  nodeImproved(): void {
    this.#askAll(this.#waiting.heads(true), 'capacity-freed')
  }

  isWaiting(jobId: JobId): boolean {
    return this.#waiting.has(jobId)
  }

  /** Nothing is looked at while memory does not tell what is stored; what it told before is forgotten. */
  hold(): void {
    this.looks.hold()
    this.#waiting.clear()
    this.#timers.clear()
  }

  goOn(): void {
    this.looks.goOn()
    this.#worker.wake()
  }

  stop(): void {
    this.#isStopped = true
    this.#worker.stop()
    this.looks.hold()
    this.#timers.clear()
  }

  /** What cannot be read now is looked at all the same, which is tried until it can. */
  async #withPriority(jobId: JobId): Promise<{ jobId: JobId; priority: number }> {
    const job = await this.#parts.ledger.store.job(jobId).catch(() => undefined)
    return { jobId, priority: job?.Priority ?? 0 }
  }

  /** All of them before the first is looked at: the most important one comes first. */
  #askAll(jobs: readonly { jobId: JobId; priority: number }[], trigger: EvaluationTrigger): void {
    if (this.#isStopped) return
    for (const job of jobs) this.#broker.ask({ ...job, trigger, evaluationId: this.#parts.random.uuid() })
    this.#worker.wake()
  }
}
