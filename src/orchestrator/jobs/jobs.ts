import type {
  JobResult,
  JobsApi,
  KeptResult,
  LogChoice,
  Rerun,
  Submission,
  Submitted,
  TellReader,
} from '#contracts/control-plane.ts'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { ResultSigner } from '#contracts/result-signer.ts'
import type { ResultStore } from '#contracts/result-store.ts'
import type { JobCursor, JobFilter, JobOrder, Page } from '#contracts/store.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { ChunkList } from '#models/chunk-list.ts'
import type { Execution } from '#models/execution.ts'
import type { JobPlan, JobReasons } from '#models/forecast.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { isLongRunning, type Job, mainTask } from '#models/job.ts'
import type { HistoryAudience, JobHistory } from '#models/job-history.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { Evaluations } from '../evaluations.ts'
import type { Ledger } from '../ledger.ts'
import type { Uploads } from '../uploads/uploads.ts'
import type { Waiters } from '../waiters.ts'
import { diffJob } from './diff.ts'
import { keptResult, type ResultReader } from './kept-result.ts'
import { loggedExecution, succeedingExecution } from './logged-execution.ts'
import { jobLogs } from './logs.ts'
import { planJob } from './plan.ts'
import { publishedExecutions } from './published.ts'
import { rerunJob } from './rerun.ts'
import { executionNotFound, jobNotFound, resolveJob, versionNotFound } from './resolve.ts'
import type { JobDefaults } from './spec.ts'
import { stopJob } from './stop.ts'
import { submitJob } from './submit.ts'
import { reasonsOf } from './why.ts'

export type JobsParts = {
  clock: Clock
  random: Random
  ledger: Ledger
  waiters: Waiters
  orchestratorId: string
  publicKey: string | undefined
  instanceId: string | undefined
  defaults: JobDefaults
  evaluations: Evaluations
  end: (nodeId: NodeId) => ComputeEnd | undefined
  /** Since when a node is not connected, Unix ns; 0 = it is, or nobody knows. */
  awaySince: (nodeId: NodeId) => bigint
  signer: ResultSigner | undefined
  results: ResultStore | undefined
  uploads: Uploads
}

const historyPage = 1_000

/** The use cases on jobs. What a client is told is durable. */
export class Jobs implements JobsApi {
  readonly #parts: JobsParts

  constructor(parts: JobsParts) {
    this.#parts = parts
  }

  submit(submission: Submission): Promise<Submitted> {
    return submitJob(this.#parts, submission)
  }

  beginUpload(namespace: string, chunks: ChunkList): Promise<{ id: string; missing: string[] }> {
    return this.#parts.uploads.begin(namespace, chunks)
  }

  takeChunk(...chunk: Parameters<JobsApi['takeChunk']>): Promise<void> {
    return this.#parts.uploads.take(...chunk)
  }

  diff(submission: Submission): Promise<string> {
    return this.#durable(diffJob(this.#parts, submission))
  }

  plan(submission: Submission): Promise<JobPlan> {
    return this.#durable(planJob(this.#parts, submission))
  }

  async why(id: JobId): Promise<JobReasons> {
    const [job, executions] = [await this.get(id), await this.executions(id)]
    return reasonsOf(this.#parts.evaluations.looks.snapshot(job, executions, ''))
  }

  rerun(id: JobId, version: number, reason: string): Promise<Rerun> {
    return rerunJob(this.#parts, id, version, reason)
  }

  async resolve(idOrName: string, namespace = ''): Promise<JobId> {
    return this.#durable(resolveJob(this.#store, idOrName, namespace))
  }

  async get(id: JobId, version = 0): Promise<Job> {
    const job = await this.#durable(version > 0 ? this.#store.jobVersion(id, version) : this.#store.job(id))
    if (!job) throw version > 0 && (await this.#store.job(id)) ? versionNotFound(id, version) : jobNotFound(id)
    return job
  }

  versions(id: JobId): Promise<Job[]> {
    return this.#durable(this.#store.jobVersions(id))
  }

  list(filter: JobFilter, order: JobOrder, isReversed: boolean, limit: number, after?: JobCursor): Promise<Page<Job>> {
    return this.#durable(this.#store.jobs(filter, order, isReversed, limit, after))
  }

  stop(id: JobId, reason: string): Promise<{ EvaluationID: string }> {
    return stopJob(this.#parts, id, reason)
  }

  executions(id: JobId, version?: number): Promise<Execution[]> {
    return this.#durable(this.#store.executionsOfJob(id, version))
  }

  /** Lines are numbered among those their audience sees, so that each sees 1, 2, 3 … */
  async history(id: JobId, audience: HistoryAudience, afterSeq: number, limit: number): Promise<Page<JobHistory>> {
    const seen: JobHistory[] = []
    let number = 0
    let last = 0
    for (;;) {
      const lines = await this.#durable(this.#store.history(id, last, historyPage))
      for (const line of lines) {
        if (line.Audience !== 'all' && line.Audience !== audience) continue
        number += 1
        if (number > afterSeq) seen.push({ ...line, SeqNum: number })
        if (seen.length > limit) return { items: seen.slice(0, limit), hasMore: true }
      }
      last = lines.at(-1)?.SeqNum ?? last
      if (lines.length < historyPage) return { items: seen, hasMore: false }
    }
  }

  async results(id: JobId): Promise<JobResult[]> {
    const job = await this.get(id)
    if (isLongRunning(job.Type)) {
      throw new Fault('BadRequest', `job type ${job.Type} does not support results`, { component: 'JobStore' })
    }
    const executions = await this.executions(id, job.Version)
    const { Publisher } = mainTask(job)
    const { signer } = this.#parts
    return Promise.all(
      publishedExecutions(job, executions).map(async (execution) => {
        const told = execution.PublishedResult as SpecConfig
        const result = signer ? await signer.signed(told, Publisher, execution) : told
        return { executionId: execution.ID, result }
      }),
    )
  }

  async keptResult(id: JobId, executionId: ExecutionId): Promise<KeptResult> {
    const execution = await this.#durable(this.#store.execution(executionId))
    if (execution?.JobID !== id) throw executionNotFound(id, executionId)
    return keptResult(execution, this.#readerOf(execution))
  }

  /** From where a result is read: the orchestrator's own store, or the node that keeps it. */
  #readerOf({ PublishedResult, NodeID }: Execution): ResultReader | undefined {
    const { results, end } = this.#parts
    if (typeKey(PublishedResult?.Type ?? '') === 'link' && results) return results
    const node = end(NodeID)
    return node && { read: (query) => node.readResult(query) }
  }

  async wait(id: JobId, index: number, timeoutMs: number, signal: AbortSignal): Promise<Job> {
    const now = await this.get(id)
    if (now.Revision > index || signal.aborted) return now
    const over = new AbortController()
    const end = (): void => over.abort()
    const timer = this.#parts.clock.after(timeoutMs, end)
    signal.addEventListener('abort', end, { once: true })
    try {
      for (;;) {
        const changed = this.#parts.waiters.next(id, over.signal)
        const job = await this.get(id)
        if (job.Revision > index || over.signal.aborted) return job
        await changed
      }
    } finally {
      timer.stop()
      signal.removeEventListener('abort', end)
      end()
    }
  }

  logged(id: JobId, choice: LogChoice, signal: AbortSignal, tell?: TellReader): Promise<Execution | undefined> {
    return loggedExecution({ store: this.#store, waiters: this.#parts.waiters }, id, choice, signal, tell)
  }

  successor(id: JobId, executionId: ExecutionId, signal: AbortSignal): Promise<Execution | undefined> {
    return succeedingExecution({ store: this.#store, waiters: this.#parts.waiters }, id, executionId, signal)
  }

  logs(id: JobId, query: LogQuery, signal: AbortSignal, tell?: TellReader): AsyncIterable<LogChunk> {
    const { clock, waiters, end, awaySince } = this.#parts
    return jobLogs({ store: this.#store, clock, waiters, end, awaySince }, id, query, signal, tell)
  }

  get #store() {
    return this.#parts.ledger.store
  }

  /** Nobody is told what a crash could take back (I14). */
  async #durable<Value>(read: Promise<Value>): Promise<Value> {
    // What the read has seen so far must not be rolled back unnoticed while the rest is read.
    const seen = this.#store.settled()
    try {
      const value = await read
      await seen
      return value
    } finally {
      await this.#store.settled()
    }
  }
}
