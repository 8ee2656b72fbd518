import type { ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import type { KeptUpload, UploadStore } from '#contracts/upload-store.ts'
import type { Clock } from '#lib/clock.ts'
import { Rounds } from '#lib/rounds.ts'
import { Turns } from '#lib/turns.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { typeKey } from '#models/spec-config.ts'
import { dispensable, type Kept, overdue, type Standing } from './due.ts'

export type KeptFilesSettings = {
  /** How long a result is kept after it came; 0 = as long as its job. */
  resultsMs: number
  /** How long an upload is kept after its last job has ended; 0 = as long as one that names it is stored. */
  uploadsMs: number
  /** Of all of them together; 0 = no limit. */
  maxBytes: number
}

export type KeptFilesParts = {
  store: Store
  results: ResultStore | undefined
  uploads: UploadStore | undefined
  clock: Clock
  settings: KeptFilesSettings
  onError: (error: unknown) => void
}

/** `remove` gives the bytes that it freed. */
type File = Kept & { remove: () => Promise<number> }

const restMs = 60_000
/** A job that names an upload is stored soon after it was noted. */
const submittingMs = 10 * 60_000
/** The version of a job that notes it as its own is stored within this. */
const claimingMs = 10_000
/** What was sent and is named by no job is not for ever. */
const unnamedMs = 24 * 3600_000

/** Results of publisher `link` and uploads under their retention and within their room (L7). */
export class KeptFiles {
  readonly #parts: KeptFilesParts
  readonly #rounds: Rounds
  readonly #turns = new Turns(1)
  /** What there is takes no more: as measured last, and what was let in since. */
  #mostBytes = Number.POSITIVE_INFINITY

  constructor(parts: KeptFilesParts) {
    this.#parts = parts
    this.#rounds = new Rounds(parts.clock, () => this.#round())
  }

  start(): void {
    if (this.#parts.results || this.#parts.uploads) this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Whether there is room for so much more; what jobs that have ended left goes for it, as far as it must. */
  makeRoom(sizeBytes: number): Promise<boolean> {
    const { maxBytes } = this.#parts.settings
    if (maxBytes === 0 || sizeBytes > maxBytes) return Promise.resolve(maxBytes === 0)
    return this.#turns.take(async () => {
      if (this.#mostBytes + sizeBytes > maxBytes) await this.#shrinkTo(maxBytes - sizeBytes)
      const hasRoom = this.#mostBytes + sizeBytes <= maxBytes
      if (hasRoom) this.#mostBytes += sizeBytes
      return hasRoom
    })
  }

  async #shrinkTo(limitBytes: number): Promise<void> {
    this.#mostBytes = await this.#usedBytes()
    if (this.#mostBytes <= limitBytes) return
    for (const file of dispensable(await this.#files())) {
      this.#mostBytes -= await file.remove()
      if (this.#mostBytes <= limitBytes) return
    }
  }

  async #round(): Promise<number> {
    try {
      await this.#turns.take(async () => {
        this.#mostBytes = Number.POSITIVE_INFINITY
        for (const file of overdue(await this.#files())) {
          if (this.#rounds.isStopped) return
          await file.remove()
        }
      })
      await this.makeRoom(0)
    } catch (error) {
      this.#parts.onError(error)
    }
    return restMs
  }

  async #usedBytes(): Promise<number> {
    const { results, uploads } = this.#parts
    const resultBytes = (await results?.list())?.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? 0
    return resultBytes + ((await uploads?.usedBytes()) ?? 0)
  }

  async #files(): Promise<File[]> {
    return [...(await this.#resultFiles()), ...(await this.#uploadFiles())]
  }

  async #resultFiles(): Promise<File[]> {
    const { store, results, clock, settings } = this.#parts
    if (!results) return []
    const files: File[] = []
    for (const { executionId, writtenMs, sizeBytes } of await results.list()) {
      const execution = await store.execution(executionId)
      const standing = resultStanding(execution, execution && (await store.job(execution.JobID)))
      const isOld = settings.resultsMs > 0 && writtenMs < clock.nowMs() - settings.resultsMs
      // What is being read goes the next time.
      const remove = async () => ((await results.remove(executionId)) ? sizeBytes : 0)
      files.push({ sizeBytes, standing, isOld, remove })
    }
    return files
  }

  async #uploadFiles(): Promise<File[]> {
    const { uploads, clock, settings } = this.#parts
    if (!uploads) return []
    const files: File[] = []
    for (const upload of await uploads.list()) {
      const standing = uploadStanding(upload, await this.#jobsOf(upload), clock.nowMs())
      const isOld =
        settings.uploadsMs > 0 && standing.kind === 'ended' && standing.endedMs < clock.nowMs() - settings.uploadsMs
      files.push({ sizeBytes: upload.sizeBytes, standing, isOld, remove: () => uploads.remove(upload) })
    }
    return files
  }

  /** Those that are still stored; the others are forgotten. */
  async #jobsOf(upload: KeptUpload): Promise<Job[]> {
    const { store, uploads, clock } = this.#parts
    const jobs: Job[] = []
    for (const jobId of upload.jobIds) {
      const job = await store.job(jobId)
      if (job) jobs.push(job)
      else if (upload.usedMs < clock.nowMs() - submittingMs) await uploads?.unuse(upload, jobId)
    }
    return jobs
  }
}

const milliseconds = (ns: bigint): number => Number(ns / 1_000_000n)

/** What came of an execution that has ended without it is part of a result that is no more. */
export function resultStanding(execution: Execution | undefined, job: Job | undefined): Standing {
  if (!execution || !job) return { kind: 'rubbish' }
  const isPublished = typeKey(execution.PublishedResult?.Type ?? '') === 'link'
  if (isTerminalExecution(execution.ComputeState.StateType) && !isPublished) return { kind: 'rubbish' }
  return isTerminalJob(job.State.StateType)
    ? { kind: 'ended', endedMs: milliseconds(job.ModifyTime) }
    : { kind: 'live' }
}

export function uploadStanding({ usedMs }: KeptUpload, jobs: readonly Job[], nowMs: number): Standing {
  if (jobs.some(({ State }) => !isTerminalJob(State.StateType))) return { kind: 'live' }
  const isStored = jobs.some(({ VersionTime }) => usedMs <= milliseconds(VersionTime) + claimingMs)
  if (!isStored && usedMs > nowMs - submittingMs) return { kind: 'live' }
  if (jobs.length > 0) return { kind: 'ended', endedMs: Math.max(...jobs.map((job) => milliseconds(job.ModifyTime))) }
  return usedMs < nowMs - unnamedMs ? { kind: 'rubbish' } : { kind: 'ended', endedMs: usedMs }
}
