import type { Clock, Random } from '#lib/clock.ts'
import { newExecutionId } from '#models/ids.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Resources } from '#models/resources.ts'
import type { Ask, Broker } from './broker.ts'
import { jobTypeRules } from './job-types/index.ts'
import type { Ledger } from './ledger.ts'
import type { NodeTable } from './nodes/node-table.ts'
import { isEmptyPlan } from './plan.ts'
import { changeOf } from './planner.ts'
import type { Snapshot } from './snapshot.ts'
import type { JobTimers } from './timers.ts'
import type { Waiting } from './waiting.ts'

export type WorkerParts = {
  clock: Clock
  random: Random
  broker: Broker
  ledger: Ledger
  nodes: NodeTable
  timers: JobTimers
  waiting: Waiting
  defaultResources: Resources
  isSettling: () => boolean
  onError: (ask: Ask, error: unknown) => void
}

const turnLimit = 64
const retryMs = 1_000
/** A look costs as much as the job has executions. After one that took longer, the job rests for a multiple of that time. */
const quickLookMs = 5
const restFactor = 3
const longestRestMs = 1_000

/** Takes jobs from the broker one after the other: snapshot, rules, plan, transaction. */
export class Worker {
  readonly #parts: WorkerParts
  #isRunning = false
  #isStopped = false

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  /** There may be work. Cheap to call. */
  wake(): void {
    if (this.#isRunning || this.#isStopped) return
    this.#isRunning = true
    void this.#run().finally(() => {
      this.#isRunning = false
      if (this.#parts.broker.hasReady) this.#parts.clock.after(0, () => this.wake())
    })
  }

  stop(): void {
    this.#isStopped = true
  }

  async #run(): Promise<void> {
    for (let count = 0; count < turnLimit && !this.#isStopped; count++) {
      const ask = this.#parts.broker.take()
      if (!ask) return
      const startedMs = this.#parts.clock.monotonicMs()
      try {
        await this.#evaluate(ask)
        this.#rest(ask, this.#parts.clock.monotonicMs() - startedMs)
      } catch (error) {
        this.#parts.onError(ask, error)
        this.#parts.clock.after(retryMs, () => {
          this.#parts.broker.done(ask.jobId)
          this.#parts.broker.ask(ask)
          this.wake()
        })
      }
    }
  }

  /** What happens to a large job meanwhile is looked at in one go, and other jobs get their turn. */
  #rest({ jobId }: Ask, tookMs: number): void {
    const { broker, clock } = this.#parts
    if (tookMs < quickLookMs) return broker.done(jobId)
    clock.after(Math.min(longestRestMs, restFactor * tookMs), () => {
      broker.done(jobId)
      this.wake()
    })
  }

  async #evaluate(ask: Ask): Promise<void> {
    const { ledger, clock, waiting, timers } = this.#parts
    const job = await ledger.store.job(ask.jobId)
    if (!job) return
    const executions = await ledger.store.executionsOfJob(ask.jobId)
    const snapshot: Snapshot = {
      job,
      executions,
      nodes: this.#parts.nodes.views(),
      nowNs: clock.nowNs(),
      defaultResources: this.#parts.defaultResources,
      isSettling: this.#parts.isSettling(),
      evaluationId: ask.evaluationId,
      newExecutionId: () => newExecutionId(this.#parts.random.uuid()),
      chance: () => this.#parts.random.float(),
    }
    const plan = jobTypeRules[job.Type](snapshot)
    const hasEnded = isTerminalJob(plan.jobState?.StateType ?? job.State.StateType)
    const isPeculiar = executions.some(({ ComputeState }) => ComputeState.StateType === 'AskForBidRejected')
    // Before anything is waited for: room that is freed from now on must find the job among those that wait.
    if (plan.waitsFor && !hasEnded) waiting.add(job, plan.waitsFor, isPeculiar)
    if (!isEmptyPlan(plan)) {
      const outcome = await ledger.commit(changeOf(job, plan, snapshot.nowNs))
      if (outcome.kind === 'conflict') return this.#parts.broker.ask(ask)
    }
    // Also an ended job: what it has on a node that is gone counts as lost in time.
    timers.set(job.ID, plan.checkAt)
    if (!plan.waitsFor || hasEnded) this.#letNextTry(job.ID)
  }

  /** A job that was placed or has ended lets the next one of its shape try. */
  #letNextTry(jobId: Ask['jobId']): void {
    const { waiting, broker, random } = this.#parts
    const shape = waiting.remove(jobId)
    if (shape === undefined) return
    for (const head of waiting.next(shape)) {
      broker.ask({ ...head, trigger: 'capacity-freed', evaluationId: random.uuid() })
    }
  }
}
