import type { Change, CommitOutcome } from '#contracts/store.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { Execution } from '#models/execution.ts'
import { newExecutionId } from '#models/ids.ts'
import { isCounted, isLongRunning, type Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Resources } from '#models/resources.ts'
import type { Broker } from './broker.ts'
import { contentOfVersion } from './contents.ts'
import { jobTypeRules } from './job-types/index.ts'
import { isUneven } from './job-types/more-memory.ts'
import type { Ledger } from './ledger.ts'
import type { Awake } from './nodes/awake.ts'
import type { NodeTable } from './nodes/node-table.ts'
import { isEmptyPlan, type Plan } from './plan.ts'
import { changeOf } from './planner.ts'
import type { Snapshot, Strategy } from './snapshot.ts'
import type { JobTimers } from './timers.ts'
import type { Turn } from './turn.ts'
import type { Waiting } from './waiting.ts'

export type LooksParts = {
  clock: Clock
  random: Random
  broker: Broker
  ledger: Ledger
  nodes: NodeTable
  timers: JobTimers
  waiting: Waiting
  defaultResources: Resources
  strategy: Strategy
  answerLimitNs: bigint
  awake: Awake
  isSettling: () => boolean
}

/** What one look at a job came to; `change` = undefined when nothing is to be stored. */
export type Look = {
  job: Job
  plan: Plan
  hasEnded: boolean
  isPeculiar: boolean
  /** Which nodes get better from now on is known by this. */
  mark: number
  /** How much it took, in executions that were looked at. */
  cost: number
  change: Change | undefined
}

/** Of a job that has to wait, every node says why: so many cost as much as an execution. */
const nodesPerExecution = 10

/** What may start more executions is looked at by the worker, which lets others have their turn. */
const quickLook = 64

/** Looks at jobs: a snapshot, the rules of the type, a plan; and keeps what wakes the job the next time. */
export class Looks {
  readonly #parts: LooksParts
  #isHeld = false

  constructor(parts: LooksParts) {
    this.#parts = parts
  }

  at(job: Job, executions: readonly Execution[], evaluationId: string): Look {
    const { nodes, waiting } = this.#parts
    const isUnevenJob = isUneven(job, executions)
    const isPeculiar =
      isUnevenJob || executions.some(({ ComputeState }) => ComputeState.StateType === 'AskForBidRejected')
    // What was too little for one of its partitions may do for another.
    const tried = isUnevenJob ? undefined : waiting.triedAt(job, isPeculiar)
    const better = tried === undefined ? undefined : nodes.betterSince(tried)
    const snapshot = { ...this.snapshot(job, executions, evaluationId), ...(better ? { better } : {}) }
    const { mark } = nodes
    const plan = jobTypeRules[job.Type](snapshot)
    const lookedAt = plan.waitsFor ? (isCounted(job.Type) && better ? better : nodes.views()).length : 0
    return {
      job,
      plan,
      hasEnded: isTerminalJob(plan.jobState?.StateType ?? job.State.StateType),
      isPeculiar,
      mark,
      cost: executions.length + lookedAt / nodesPerExecution,
      change: isEmptyPlan(plan) ? undefined : changeOf(job, plan, snapshot.nowNs),
    }
  }

  snapshot(job: Job, executions: readonly Execution[], evaluationId: string): Snapshot {
    const { nodes, clock, random, defaultResources, strategy, answerLimitNs } = this.#parts
    return {
      job,
      executions,
      content: contentOfVersion(job, executions),
      nodes,
      nowNs: clock.nowNs(),
      defaultResources,
      strategy,
      answerLimitNs,
      awakeSince: this.#parts.awake.since.ns,
      isSettling: this.#parts.isSettling(),
      evaluationId,
      newExecutionId: () => newExecutionId(random.uuid()),
      chance: () => random.float(),
    }
  }

  /** At a job that is about to be stored, so that one commit does for both; undefined when others are due before it or it may take long. */
  first(job: Job, evaluationId: string): Look | undefined {
    const { broker, nodes } = this.#parts
    const executions = isCounted(job.Type) ? job.Count : nodes.views().length
    return broker.isIdle && executions <= quickLook && !this.#isHeld ? this.at(job, [], evaluationId) : undefined
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Nothing is looked at while memory does not tell what is stored. */
  hold(): void {
    this.#isHeld = true
  }

  goOn(): void {
    this.#isHeld = false
  }

  /**
   * At a job as a report leaves it that is about to be stored, so that one commit does for both; undefined when that does not end the
   * job, or somebody looks at it already: then in its turn.
   */
  last(job: Job, executions: readonly Execution[]): Look | undefined {
    const { broker, waiting, random } = this.#parts
    if (this.#isHeld || broker.isTaken(job.ID) || waiting.has(job.ID)) return undefined
    const look = this.at(job, executions, random.uuid())
    return look.hasEnded ? look : undefined
  }

  /** Stores what a look came to; nothing when that is nothing. When it is not applied, look again. */
  async store(look: Look): Promise<CommitOutcome | undefined> {
    if (look.change) return this.storeWith([look], {})
    this.#wait(look)
    this.#done(look)
    return undefined
  }

  /** Stores a change with what the looks at its jobs came to. */
  async storeWith(looks: readonly Look[], change: Change): Promise<CommitOutcome> {
    for (const look of looks) this.#wait(look)
    let isApplied = false
    try {
      const outcome = await this.#parts.ledger.commit(looks.reduce(withLook, change))
      isApplied = outcome.kind === 'applied'
      return outcome
    } finally {
      for (const look of looks) {
        if (isApplied) this.#done(look)
        else this.#parts.waiting.remove(look.job.ID)
      }
    }
  }

  /** Before it is stored: room that is freed from now on must find the job among those that wait. */
  #wait({ job, plan, hasEnded, isPeculiar, mark }: Look): void {
    if (!plan.waitsFor || hasEnded) return
    this.#reserve(job.ID, plan.reservations)
    const left = this.#parts.waiting.add(job, { waitsFor: plan.waitsFor, isPeculiar, mark })
    // Who stood before those may have been woken for room that it could not use.
    if (left !== undefined) this.#letTry(this.#parts.waiting.next(left))
  }

  #done(look: Look): void {
    const { job, plan, hasEnded } = look
    const { timers, nodes, waiting } = this.#parts
    // Also an ended job: what it has on a node that is gone counts as lost in time.
    timers.set(job.ID, plan.checkAt)
    nodes.setLasting(job.ID, isLongRunning(job.Type) && !hasEnded)
    if (plan.waitsFor && !hasEnded) return
    this.#reserve(job.ID)
    const shape = waiting.remove(job.ID)
    if (shape === undefined) return
    const isLeft = !this.#tookLast(look) || !waiting.tookLast(shape, job, look.mark)
    if (isLeft) this.#letTry(waiting.next(shape))
  }

  /** No node has room for another such job, nor has any got better since the look. */
  #tookLast({ plan, hasEnded, isPeculiar, mark }: Look): boolean {
    return plan.isLastToFit === true && !hasEnded && !isPeculiar && this.#parts.nodes.mark === mark
  }

  /** Room that was kept for the job and is no more may be what others wait for. */
  #reserve(jobId: Job['ID'], wanted: Plan['reservations'] = new Map()): void {
    if (this.#parts.nodes.reserve(jobId, wanted)) this.#letTry(this.#parts.waiting.heads(false))
  }

  #letTry(heads: readonly Turn[]): void {
    const { broker, random } = this.#parts
    for (const { jobId, priority } of heads)
      broker.ask({ jobId, priority, trigger: 'capacity-freed', evaluationId: random.uuid() })
  }
}

/** What comes of the look follows on what it saw. */
const withLook = (seen: Change, { change }: Look): Change => {
  if (!change) return seen
  return {
    ...seen,
    updateJobs: joined(seen.updateJobs, change.updateJobs),
    insertExecutions: joined(seen.insertExecutions, change.insertExecutions),
    updateExecutions: joined(seen.updateExecutions, change.updateExecutions),
    history: joined(seen.history, change.history),
    outbox: joined(seen.outbox, change.outbox),
  }
}

const joined = <Item>(some: readonly Item[] = [], more: readonly Item[] = []): readonly Item[] =>
  some.length === 0 ? more : more.length === 0 ? some : [...some, ...more]
