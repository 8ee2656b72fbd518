import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { Job, JobSpec } from '#models/job.ts'
import type { JobState } from '#models/job-state.ts'
import { type Exact, prepare, prepareExact, query, value } from '../queries.ts'

/** What the user wrote, once per version of a job. */
export type VersionRow = {
  key: number
  job_key: number
  version: number
  /** When it was submitted. */
  created_at: bigint
  spec: string
  /** How far the version had come when the next one took its place: `EndedVersion` as JSON. */
  ended: string | null
}

/** What is known of a job beside its specification. */
export type JobHead = Omit<Job, keyof JobSpec>
type EndedVersion = { State: JobState; Revision: number; ModifyTime: bigint }

export function splitJob(job: Job): { head: JobHead; spec: JobSpec } {
  const { ID, State, Version, Revision, CreateTime, ModifyTime, VersionTime, ...spec } = job
  return { head: { ID, State, Version, Revision, CreateTime, ModifyTime, VersionTime }, spec }
}

export class VersionsTable {
  readonly #insert: SqlStatement<unknown>
  readonly #end: SqlStatement<unknown>
  readonly #spec: SqlStatement<Pick<VersionRow, 'spec'>>
  readonly #ended: SqlStatement<Exact<Pick<VersionRow, 'version' | 'created_at' | 'spec' | 'ended'>>>
  readonly #lastKey: SqlStatement<{ key: number | null }>

  constructor(database: SqlDatabase) {
    this.#insert = prepare(database, insertQuery(), 'key, job_key, version, created_at, spec')
    const end = query.updateTable('versions').set({ ended: value('ended') })
    this.#end = prepare(database, end.where('key', '=', value('key')), 'ended, key')
    const versions = query.selectFrom('versions')
    this.#spec = prepare(database, versions.select('spec').where('key', '=', value('key')), 'key')
    const ofJob = versions.where('job_key', '=', value('job_key')).where('ended', 'is not', null).orderBy('version')
    this.#ended = prepareExact(database, ofJob.select(['version', 'created_at', 'spec', 'ended']), 'job_key')
    const lastKey = versions.select((row) => row.fn.max('key').as('key'))
    this.#lastKey = prepare(database, lastKey, '')
  }

  insert(key: number, jobKey: number, job: Job): void {
    this.#insert.run(key, jobKey, job.Version, job.VersionTime, exactJson(splitJob(job).spec))
  }

  /** `last` = the job as it was when the next version took its place. */
  end(key: number, last: Job): void {
    const ended: EndedVersion = { State: last.State, Revision: last.Revision, ModifyTime: last.ModifyTime }
    this.#end.run(exactJson(ended), key)
  }

  /** The stored text of a specification. */
  specText(key: number): string | undefined {
    return this.#spec.get(key)?.spec
  }

  /** The versions before the newest, oldest first. */
  ended(jobKey: number, newest: Job): Job[] {
    return this.#ended.all(jobKey).map((row) => ({
      ...parseExact<JobSpec>(row.spec),
      ID: newest.ID,
      CreateTime: newest.CreateTime,
      Version: Number(row.version),
      VersionTime: row.created_at,
      ...parseExact<EndedVersion>(row.ended ?? '{}'),
    }))
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }
}

const insertQuery = () =>
  query.insertInto('versions').values({
    key: value('key'),
    job_key: value('job_key'),
    version: value('version'),
    created_at: value('created_at'),
    spec: value('spec'),
    ended: sql.lit(null),
  })
