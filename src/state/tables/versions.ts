import { sql } from 'kysely'
import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { Job, JobSpec } from '#models/job.ts'
import type { JobState } from '#models/job-state.ts'
import { type Exact, prepare, prepareExact, query, value } from '../queries.ts'
import { RecentRows } from './recent-rows.ts'

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

export const headOf = ({ ID, State, Version, Revision, CreateTime, ModifyTime, VersionTime }: Job): JobHead => ({
  ID,
  State,
  Version,
  Revision,
  CreateTime,
  ModifyTime,
  VersionTime,
})
const headFields = 7

export function splitJob(job: Job): { head: JobHead; spec: JobSpec } {
  const { ID, State, Version, Revision, CreateTime, ModifyTime, VersionTime, ...spec } = job
  return { head: { ID, State, Version, Revision, CreateTime, ModifyTime, VersionTime }, spec }
}

/** A version as it was submitted: never changed, so that whoever reads it may share it. `length`: of its text. */
export type Version = { spec: JobSpec; createdAt: bigint; length: number }

/** Versions kept in memory: those at work are read several times in a row. */
const sizeCalculation = ({ length }: Version): number => length + 1
const keptLive = { max: 8_192, maxSize: 16_777_216, sizeCalculation }
const keptEnded = { max: 2_048, maxSize: 4_194_304, sizeCalculation }

export class VersionsTable {
  readonly #kept = new RecentRows<number, Version>(keptLive, keptEnded)
  readonly #insert: SqlStatement<unknown>
  readonly #end: SqlStatement<unknown>
  readonly #spec: SqlStatement<Pick<VersionRow, 'spec'>>
  readonly #get: SqlStatement<Exact<Pick<VersionRow, 'created_at' | 'spec'>>>
  readonly #ended: SqlStatement<Exact<Pick<VersionRow, 'version' | 'created_at' | 'spec' | 'ended'>>>
  readonly #endedKeys: SqlStatement<Pick<VersionRow, 'key'>>
  readonly #remove: SqlStatement<unknown>
  readonly #lastKey: SqlStatement<{ key: number | null }>

  constructor(database: SqlDatabase) {
    this.#insert = prepare(database, insertQuery(), 'key, job_key, version, created_at, spec')
    const end = query.updateTable('versions').set({ ended: value('ended') })
    this.#end = prepare(database, end.where('key', '=', value('key')), 'ended, key')
    const versions = query.selectFrom('versions')
    this.#spec = prepare(database, versions.select('spec').where('key', '=', value('key')), 'key')
    this.#get = prepareExact(database, versions.select(['created_at', 'spec']).where('key', '=', value('key')), 'key')
    const ofJob = versions.where('job_key', '=', value('job_key')).where('ended', 'is not', null).orderBy('version')
    this.#ended = prepareExact(database, ofJob.select(['version', 'created_at', 'spec', 'ended']), 'job_key')
    this.#endedKeys = prepare(database, ofJob.select('key'), 'job_key')
    this.#remove = prepare(database, query.deleteFrom('versions').where('key', '=', value('key')), 'key')
    const lastKey = versions.select((row) => row.fn.max('key').as('key'))
    this.#lastKey = prepare(database, lastKey, '')
  }

  insert(key: number, jobKey: number, job: Job): void {
    const { spec } = splitJob(job)
    const text = exactJson(spec)
    this.#insert.run(key, jobKey, job.Version, job.VersionTime, text)
    this.#kept.set(key, { spec, createdAt: job.VersionTime, length: text.length }, true)
  }

  /** `isLive`: its job is known to live. */
  get(key: number, isLive = false): Version | undefined {
    const kept = this.#kept.get(key)
    if (kept) return kept
    const row = this.#get.get(key)
    if (!row) return undefined
    const version = { spec: parseExact<JobSpec>(row.spec), createdAt: row.created_at, length: row.spec.length }
    this.#kept.set(key, version, isLive)
    return version
  }

  /** Its job has ended. */
  rest(key: number): void {
    this.#kept.end(key)
  }

  /** Whether the job's specification is the stored one, as can be seen without reading that: it has the very same values. */
  isKept(key: number, job: Job): boolean {
    const spec = this.#kept.get(key)?.spec
    if (!spec) return false
    const names = Object.keys(spec) as (keyof JobSpec)[]
    return names.length + headFields === Object.keys(job).length && names.every((name) => spec[name] === job[name])
  }

  /** Whether the job's specification is the stored one. */
  isStored(key: number, job: Job): boolean {
    return this.isKept(key, job) || this.#spec.get(key)?.spec === exactJson(splitJob(job).spec)
  }

  /** `last` = the job as it was when the next version took its place. */
  end(key: number, last: Job): void {
    const ended: EndedVersion = { State: last.State, Revision: last.Revision, ModifyTime: last.ModifyTime }
    this.#end.run(exactJson(ended), key)
    this.rest(key)
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

  endedKeys(jobKey: number): number[] {
    return this.#endedKeys.all(jobKey).map((row) => row.key)
  }

  remove(key: number): void {
    this.#remove.run(key)
    this.#kept.delete(key)
  }

  lastKey(): number {
    return this.#lastKey.get()?.key ?? 0
  }

  /** After a rollback: a key may stand for another version. */
  forget(): void {
    this.#kept.clear()
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
