import type { Job, JobSpec } from '#models/job.ts'
import { parseStored, storedJson } from '../stored-json.ts'
import type { JobsTable } from './jobs.ts'
import { type JobHead, splitJob, type VersionsTable } from './versions.ts'

/** A job inside a message or an order. Its specification is referred to when `versions` has the same one (W22). */
export type StoredJob = { job: JobHead | Job; jobKey: number | null; version: number | null }

export class JobReferences {
  readonly #jobs: JobsTable
  readonly #versions: VersionsTable

  constructor(jobs: JobsTable, versions: VersionsTable) {
    this.#jobs = jobs
    this.#versions = versions
  }

  shorten(job: Job): StoredJob {
    const { head, spec } = splitJob(job)
    const key = this.#jobs.key(job.ID)
    if (key !== undefined && this.#versions.specText(key, job.Version) === storedJson(spec))
      return { job: head, jobKey: key, version: job.Version }
    return { job, jobKey: null, version: null }
  }

  restore(job: JobHead | Job, jobKey: number | null, version: number | null): Job {
    if (jobKey === null || version === null) return job as Job
    const text = this.#versions.specText(jobKey, version)
    if (text === undefined) throw new Error(`version ${version} of ${job.ID} is referred to and not stored`)
    return { ...parseStored<JobSpec>(text), ...job }
  }
}
