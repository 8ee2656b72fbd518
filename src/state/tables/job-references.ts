import type { Job } from '#models/job.ts'
import type { JobsTable } from './jobs.ts'
import { type JobHead, splitJob, type VersionsTable } from './versions.ts'

/** A job inside a message or an order. Its specification is referred to when `versions` has the same one (W22). */
export type StoredJob = { job: JobHead | Job; versionKey: number | null }

export class JobReferences {
  readonly #jobs: JobsTable
  readonly #versions: VersionsTable

  constructor(jobs: JobsTable, versions: VersionsTable) {
    this.#jobs = jobs
    this.#versions = versions
  }

  shorten(job: Job): StoredJob {
    const { head, spec } = splitJob(job)
    const stored = this.#jobs.handle(job.ID)
    const isSame = stored?.version === job.Version && this.#versions.isSpec(stored.versionKey, spec)
    return isSame ? { job: head, versionKey: stored.versionKey } : { job, versionKey: null }
  }

  /** undefined = the job was removed. */
  restore(job: JobHead | Job, versionKey: number | null): Job | undefined {
    if (versionKey === null) return job as Job
    const version = this.#versions.get(versionKey)
    return version && { ...version.spec, ...job }
  }
}
