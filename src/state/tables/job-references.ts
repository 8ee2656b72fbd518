import { assert } from '#lib/assert.ts'
import type { Job } from '#models/job.ts'
import type { JobsTable } from './jobs.ts'
import { headOf, type JobHead, type VersionsTable } from './versions.ts'

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
    const stored = this.#jobs.handle(job.ID)
    const isSame = stored?.version === job.Version && this.#versions.isStored(stored.versionKey, job)
    return isSame ? { job: headOf(job), versionKey: stored.versionKey } : { job, versionKey: null }
  }

  /** undefined = the job was removed. */
  restore(job: JobHead | Job, versionKey: number | null): Job | undefined {
    if (versionKey === null) return job as Job
    const version = this.#versions.get(versionKey)
    return version && { ...version.spec, ...job }
  }

  /** Its head, when the newest version in the tables is seen to have the rest, and is there when it is made `whole` again. */
  head(job: Job): JobHead | Job {
    const stored = this.#jobs.handle(job.ID)
    return stored?.version === job.Version && this.#versions.isKept(stored.versionKey, job) ? headOf(job) : job
  }

  whole(job: JobHead | Job): Job {
    if ('Tasks' in job) return job
    const version = this.#versions.get(this.#jobs.handle(job.ID)?.versionKey ?? 0)
    assert(version, `the specification of ${job.ID} is stored`)
    return { ...version.spec, ...job }
  }
}
