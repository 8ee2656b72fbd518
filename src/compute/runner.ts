import type { Disk } from '#contracts/disk.ts'
import type { LogStore } from '#contracts/log-store.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { topics } from '#models/event.ts'
import { isLongRunning, mainTask } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import type { BidSettings } from './bids/bid-rule.ts'
import { limitsOf } from './bids/resources.ts'
import { ExecutionDirectories } from './directories.ts'
import { failureOf } from './failure.ts'
import type { Held, Holdings } from './held.ts'
import type { Ledger } from './ledger.ts'
import type { PortPool } from './ports.ts'
import type { Registries } from './registry.ts'
import { endReport, progress } from './reports.ts'
import { type Ending, runExecution } from './run-execution.ts'
import type { HostEnvironment } from './steps/environment.ts'

export type RunnerParts = {
  clock: Clock
  disk: Disk
  logs: LogStore
  registries: Registries
  host: HostEnvironment
  ports: PortPool
  publishForMs: number
  bids: Pick<BidSettings, 'defaultResources'>
  executionsDirectory: string
  log: EventLog
}

export type Start = {
  resources: Resources
  /** Resolves when "it started" is on disk; undefined = the row is gone. */
  isStored: Promise<void> | undefined
  /** The engine may still hold it from before our restart. */
  isResumed: boolean
  /** Gives the resources back. */
  release: () => void
}

/** Runs what was given its resources, to its end and its report. */
export class Runner {
  readonly #parts: RunnerParts
  readonly #holdings: Holdings
  readonly #ledger: Ledger

  constructor(parts: RunnerParts, holdings: Holdings, ledger: Ledger) {
    this.#parts = parts
    this.#holdings = holdings
    this.#ledger = ledger
  }

  /** Runs once "it started" is on disk, so that the number of starts is never told too low (I4). Never rejects. */
  async run(held: Held, start: Start): Promise<void> {
    try {
      if (!start.isStored) throw new Error('the row is gone')
      await start.isStored
    } catch {
      this.#holdings.forget(held)
      return start.release()
    }
    await this.#runToEnd(held, start).catch((error: unknown) => {
      if (!this.#ledger.isLeaving) this.#parts.log('execution_crashed', { executionId: held.id, error })
    })
  }

  async #runToEnd(held: Held, start: Start): Promise<void> {
    const { disk, clock, executionsDirectory, log } = this.#parts
    const directories = new ExecutionDirectories(disk, executionsDirectory, held.id)
    if (start.isResumed) directories.adopt()
    const ending = await this.#ending(held, start, directories)
    if (ending.kind === 'left') return
    start.release()
    await this.#ledger.end(held, endReport(held.row, ending, clock.nowNs()))
    await directories.remove().catch((error: unknown) => log('cleanup_failed', { executionId: held.id, error }))
  }

  async #ending(held: Held, { resources, isResumed }: Start, directories: ExecutionDirectories): Promise<Ending> {
    const { disk, clock, registries, host, ports, bids, publishForMs } = this.#parts
    const { order, startTime } = held.row
    const logs = await this.#parts.logs
      .open(held.id, { isResumed, isNewestKept: isLongRunning(order.job.Type) })
      .catch((error: unknown) => failureOf(error, topics.preparingEnvironment))
    // Its output has no place: nothing is started.
    if ('class' in logs) return { kind: 'failed', failure: logs, output: null }
    held.becomeReadable()
    const limits = limitsOf(resources, mainTask(order.job), bids.defaultResources)
    const where = { directories, logs, disk, clock, registries, host, ports, publishForMs }
    const told = { content: held.content, onProgress: this.#tellerOf(held) }
    return runExecution({ ...order, ...where, ...told, resources: limits, startTime, isResumed }, held)
  }

  #tellerOf =
    (held: Held) =>
    (topic: string, text: string): void => {
      // What is broken off when the node leaves is not over: the next life tells what becomes of it.
      if (held.leaving.aborted) return
      this.#parts.log('execution_progress', { executionId: held.id, progress: text })
      this.#ledger.tell(progress(held.row, topic, text, this.#parts.clock.nowNs()))
    }
}
