import type { Disk } from '#contracts/disk.ts'
import type { Engine } from '#contracts/engine.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { LogStore } from '#contracts/log-store.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Change, CommitOutcome, Store, WorkRow } from '#contracts/store.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { Post } from '#link/post.ts'
import { Receiver } from '#link/receiver.ts'
import { type Event, topics } from '#models/event.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import { isCounted } from '#models/job.ts'
import type { ComputeMessage, Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import { noResources, type Resources } from '#models/resources.ts'
import { bidFor } from './bidder.ts'
import type { BidSettings } from './bids/bid-rule.ts'
import { Capacity } from './capacity/capacity.ts'
import { ExecutionDirectories } from './directories.ts'
import { failureEvent, failureOf } from './failure.ts'
import { Queue } from './queue.ts'
import type { Registries } from './registry.ts'
import { type Ending, runExecution, type StopReason } from './run-execution.ts'
import type { HostEnvironment } from './steps/environment.ts'

/** The peer name of the orchestrator in this node's outbox. */
export const orchestratorPeer = 'orchestrator'

export type ComputeParts = {
  nodeId: NodeId
  store: Store
  post: Post
  clock: Clock
  disk: Disk
  logs: LogStore
  registries: Registries
  bids: BidSettings
  capacity: Resources
  host: HostEnvironment
  /** Folder for what executions need while they live. */
  executionsDirectory: string
  /** The orchestrator runs in this process on the same store. */
  sharesStore: boolean
  log: (event: string, fields: Record<string, unknown>) => void
}

/** One execution in this node's hands. `stop` breaks off whatever is being done for it. */
type Held = {
  row: WorkRow
  stop: AbortController
  done?: Promise<void>
  /** Resolves when its output can be read, or it has ended without any. */
  readonly readable: PromiseWithResolvers<void>
}

const holding = (row: WorkRow): Held => ({ row, stop: new AbortController(), readable: Promise.withResolvers() })

const firstRetryMs = 200
const lastRetryMs = 10_000

/** The compute part of a node: takes orders, bids, runs what it accepted, and reports. */
export class Compute implements ComputeEnd, Startable {
  readonly #parts: ComputeParts
  readonly #capacity: Capacity
  readonly #queue = new Queue()
  readonly #held = new Map<ExecutionId, Held>()
  readonly #receiver: Receiver<OrchestratorMessage>
  readonly #pauses = new Set<Timer>()
  #isConnected = false
  #isStopped = false

  constructor(parts: ComputeParts) {
    this.#parts = parts
    this.#capacity = new Capacity(parts.capacity)
    this.#receiver = new Receiver<OrchestratorMessage>(
      orchestratorPeer,
      parts.store,
      (message, inbox) => this.#apply(message, inbox),
      { sharesStore: parts.sharesStore },
    )
  }

  /** Takes up what the last life of this node left: bids again, queues again, takes hold of what still runs. */
  async start(): Promise<void> {
    const running = await this.#parts.store.workInStates(['Running'])
    const kept = new Set(running.map((row) => row.executionId))
    await this.#takeUp()
    await Promise.all(this.#parts.registries.engines.all.map((engine) => this.#sweep(engine, kept)))
    // A group of commits that was rolled back may have taken orders and ends with it: what is stored counts.
    this.#parts.store.onLost(() => {
      this.#parts.post.reload()
      this.#parts.clock.after(0, () => {
        this.#takeUp().catch((error: unknown) => this.#parts.log('recovery_failed', { error }))
      })
    })
  }

  /** What an engine that works here still holds of earlier lives goes, except what is taken up (X21). */
  async #sweep(engine: Engine, kept: ReadonlySet<ExecutionId>): Promise<void> {
    const verdict = await this.#parts.registries.engines.verdict(engine)
    if (!verdict.isYes) return
    await engine.sweep(kept).catch((error: unknown) => this.#parts.log('sweep_failed', { engine: engine.type, error }))
  }

  async #takeUp(): Promise<void> {
    if (this.#isStopped) return
    const stored = await this.#parts.store.workInStates(['New', 'Queued', 'Running'])
    const rows = stored.filter((row) => !this.#held.has(row.executionId))
    for (const row of rows) this.#held.set(row.executionId, holding(row))
    for (const row of rows.filter(({ state }) => state === 'Running')) this.#resume(row)
    for (const row of rows.filter(({ state }) => state === 'Queued')) this.#enqueue(row)
    for (const row of rows.filter(({ state }) => state === 'New')) this.#bid(row)
  }

  /** Lets go of everything: what can outlive us keeps running, the rest is taken up at the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#pauses) timer.stop()
    for (const held of this.#held.values()) held.stop.abort('leaving' satisfies StopReason)
    await Promise.all([...this.#held.values()].map(async (held) => held.done))
  }

  /** Frames are taken only while a handshake holds, so that both sides agree on what the numbers count. */
  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected
  }

  deliver(senderStoreId: string, frames: readonly Frame<OrchestratorMessage>[]): Promise<FramesAck> {
    if (!this.#isConnected) return Promise.reject(new Error('no handshake yet'))
    return this.#receiver.deliver(senderStoreId, frames)
  }

  /** A follower of work that has not started yet waits for it. */
  async *readLogs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogChunk> {
    const held = this.#held.get(query.executionId)
    if (held && query.isFollowing) await Promise.race([held.readable.promise, aborted(signal)])
    if (!signal.aborted) yield* this.#parts.logs.read(query, signal)
  }

  get live(): ExecutionId[] {
    return [...this.#held.keys()]
  }

  /** For heartbeats. */
  get load(): { available: Resources; queued: Resources; running: number; enqueued: number } {
    return {
      available: this.#capacity.available,
      queued: this.#queue.waiting,
      running: [...this.#held.values()].filter((held) => held.row.state === 'Running').length,
      enqueued: this.#queue.length,
    }
  }

  /** The orchestrator has forgotten us, or we serve another one now: nothing held is wanted any more. */
  async dropAll(): Promise<void> {
    for (const held of [...this.#held.values()]) await this.#cancel(held.row.executionId)
  }

  async #apply(message: OrchestratorMessage, inbox: NonNullable<Change['inbox']>): Promise<CommitOutcome> {
    if (message.Kind === 'CancelExecution') {
      const outcome = await this.#parts.post.commit({ inbox })
      if (outcome.kind === 'applied') await this.#cancel(message.Body.ExecutionID)
      return outcome
    }
    const { Execution: execution, Job: job } = message.Body
    const row: WorkRow = {
      executionId: execution.ID,
      state: 'New',
      order: { execution, job },
      need: noResources(),
      startTime: 0n,
    }
    if (this.#held.has(row.executionId)) return this.#parts.post.commit({ inbox })
    this.#held.set(row.executionId, holding(row))
    const outcome = await this.#parts.post.commit({ inbox, putWork: [row] })
    const held = this.#held.get(row.executionId)
    if (outcome.kind === 'applied') {
      outcome.durable.catch(() => held && this.#forget(held))
      this.#bid(row)
    } else this.#held.delete(row.executionId)
    return outcome
  }

  #bid(row: WorkRow): void {
    const held = this.#held.get(row.executionId)
    if (!held) return
    const { execution, job } = row.order
    held.done = bidFor(execution, job, this.#parts.bids, this.#parts.registries, held.stop.signal)
      .then((bid) => (bid.kind === 'accepted' ? this.#accept(held, bid.usage) : this.#decline(held, bid.reason)))
      .catch((error: unknown) => this.#failBid(held, error))
  }

  /** Starts at once when there is room and nobody waits, so that accepting and starting are one transaction. */
  async #accept(held: Held, need: Resources): Promise<void> {
    if (held.stop.signal.aborted) return
    const taken = this.#queue.length === 0 ? this.#capacity.take(need) : undefined
    const startTime = taken ? this.#parts.clock.nowNs() : 0n
    const state = taken ? 'Running' : 'Queued'
    const { row } = held
    held.row = { ...row, state, need, startTime }
    const { durable } = await this.#commit(held, {
      updateWork: [{ executionId: row.executionId, expected: ['New'], state, need, startTime }],
      outbox: [
        ...(isCounted(row.order.job.Type)
          ? [this.#report(bidResult(row, true, 'Accepted job', this.#parts.clock.nowNs()))]
          : []),
        ...(taken ? [this.#report(runStarted(held.row))] : []),
      ],
    })
    if (taken) return this.#run(held, taken, durable)
    durable?.catch(() => this.#forget(held))
    if (durable && !held.stop.signal.aborted) this.#enqueue(held.row)
  }

  async #decline(held: Held, reason: string): Promise<void> {
    await this.#end(held, bidResult(held.row, false, reason, this.#parts.clock.nowNs()))
  }

  async #failBid(held: Held, error: unknown): Promise<void> {
    if (held.stop.signal.aborted) return
    const failure = failureOf(error, topics.requestingNode)
    await this.#end(held, {
      Kind: 'ComputeError',
      Body: {
        ...idOf(held.row),
        FailureClass: failure.class,
        Event: failureEvent(failure, this.#parts.clock.nowNs()),
        RunOutput: null,
      },
    })
  }

  #enqueue(row: WorkRow): void {
    this.#queue.add({ executionId: row.executionId, priority: row.order.job.Priority, need: row.need })
    this.#pump()
  }

  /** Starts what fits, in order. */
  #pump(): void {
    for (;;) {
      const next = this.#isStopped ? undefined : this.#queue.takeNext(this.#capacity)
      if (!next) return
      const held = this.#held.get(next.item.executionId)
      if (held) held.done = this.#startQueued(held, next.taken)
      else this.#capacity.giveBack(next.taken)
    }
  }

  async #startQueued(held: Held, taken: Resources): Promise<void> {
    const startTime = this.#parts.clock.nowNs()
    held.row = { ...held.row, state: 'Running', startTime }
    const { durable } = await this.#commit(held, {
      updateWork: [{ executionId: held.row.executionId, expected: ['Queued'], state: 'Running', startTime }],
      outbox: [this.#report(runStarted(held.row))],
    })
    this.#run(held, taken, durable)
  }

  /** It was running when we went down: its engine may still hold it. */
  #resume(row: WorkRow): void {
    const held = this.#held.get(row.executionId)
    if (held) this.#run(held, this.#capacity.take(row.need) ?? noResources(), Promise.resolve(), true)
  }

  /** Runs once "it started" is on disk, so that the number of starts is never told too low (I4). */
  #run(held: Held, taken: Resources, isStored: Promise<void> | undefined, isResumed = false): void {
    const run = async (): Promise<void> => {
      try {
        if (!isStored) throw new Error('the row is gone')
        await isStored
      } catch {
        this.#forget(held)
        return this.#release(taken)
      }
      await this.#runToEnd(held, taken, isResumed)
    }
    held.done = run().catch((error: unknown) =>
      this.#parts.log('execution_crashed', { executionId: held.row.executionId, error }),
    )
  }

  async #runToEnd(held: Held, taken: Resources, isResumed: boolean): Promise<void> {
    const { clock, disk, logs, registries, host, executionsDirectory } = this.#parts
    const { executionId, order, startTime } = held.row
    const directories = new ExecutionDirectories(disk, executionsDirectory, executionId)
    if (isResumed) directories.adopt()
    const keeper = await logs.open(executionId, isResumed)
    held.readable.resolve()
    const ending = await runExecution(
      { ...order, resources: taken, startTime, directories, logs: keeper, disk, clock, registries, host, isResumed },
      held.stop,
    )
    if (ending.kind === 'left') return
    this.#release(taken)
    await this.#end(held, this.#messageOf(held.row, ending))
    await directories.remove().catch((error: unknown) => this.#parts.log('cleanup_failed', { executionId, error }))
  }

  /** It was never started and its row was rolled back: what is stored decides what happens next. */
  #forget(held: Held): void {
    this.#queue.remove(held.row.executionId)
    held.stop.abort('cancelled' satisfies StopReason)
    if (this.#held.get(held.row.executionId) === held) this.#held.delete(held.row.executionId)
    held.readable.resolve()
  }

  #release(taken: Resources): void {
    this.#capacity.giveBack(taken)
    this.#pump()
  }

  #messageOf(row: WorkRow, ending: Exclude<Ending, { kind: 'left' }>): ComputeMessage {
    switch (ending.kind) {
      case 'completed':
        return {
          Kind: 'RunResult',
          Body: { ...idOf(row), PublishedResult: ending.published, RunOutput: ending.output },
        }
      case 'cancelled':
        return { Kind: 'CancelResult', Body: { ...idOf(row), RunOutput: ending.output } }
      case 'failed': {
        const event = failureEvent(ending.failure, this.#parts.clock.nowNs())
        return {
          Kind: 'ComputeError',
          Body: { ...idOf(row), FailureClass: ending.failure.class, Event: event, RunOutput: ending.output },
        }
      }
    }
  }

  /** Idempotent. Bidding and waiting work ends at once; a running program is stopped first. */
  async #cancel(executionId: ExecutionId): Promise<void> {
    const held = this.#held.get(executionId)
    if (!held || held.stop.signal.aborted) return
    held.stop.abort('cancelled' satisfies StopReason)
    if (held.row.state === 'Running') return
    this.#queue.remove(executionId)
    await this.#end(held, { Kind: 'CancelResult', Body: { ...idOf(held.row), RunOutput: null } })
  }

  /** The row goes, the report is in the outbox: one transaction, tried until it is durable. */
  async #end(held: Held, message: ComputeMessage): Promise<void> {
    const change: Change = { removeWork: [held.row.executionId], outbox: [this.#report(message)] }
    await this.#durably(held, async () => {
      const outcome = await this.#parts.post.commit(change)
      if (outcome.kind === 'applied') await outcome.durable
    })
    this.#held.delete(held.row.executionId)
    held.readable.resolve()
  }

  #report(message: ComputeMessage): { peer: string; message: ComputeMessage } {
    return { peer: orchestratorPeer, message }
  }

  /** Resolves when applied; `durable` undefined = the row is no longer in the expected state. World failures are waited out. */
  async #commit(held: Held, change: Change): Promise<{ durable: Promise<void> | undefined }> {
    const outcome = await this.#durably(held, () => this.#parts.post.commit(change))
    return { durable: outcome.kind === 'applied' ? outcome.durable : undefined }
  }

  async #durably<Value>(held: Held, work: () => Promise<Value>): Promise<Value> {
    for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(lastRetryMs, pauseMs * 2)) {
      try {
        return await work()
      } catch (error) {
        if (this.#isStopped) throw error
        this.#parts.log('commit_failed', { executionId: held.row.executionId, error })
        await this.#pause(pauseMs)
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(ms, () => {
        this.#pauses.delete(timer)
        resolve()
      })
      this.#pauses.add(timer)
    })
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

const idOf = (row: WorkRow): { ExecutionID: ExecutionId; Epoch: number } => ({
  ExecutionID: row.executionId,
  Epoch: row.order.execution.Epoch,
})

const runStarted = (row: WorkRow): ComputeMessage => ({
  Kind: 'RunStarted',
  Body: { ...idOf(row), StartTime: row.startTime },
})

const bidResult = (row: WorkRow, isAccepted: boolean, text: string, nowNs: bigint): ComputeMessage => {
  const event: Event = { Message: text, Topic: topics.requestingNode, Timestamp: nowNs }
  return { Kind: 'BidResult', Body: { ...idOf(row), IsAccepted: isAccepted, Event: event } }
}
