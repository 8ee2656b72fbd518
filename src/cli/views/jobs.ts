import type { Job } from '#models/job.ts'
import { type Column, column } from './column.ts'
import { dateTime } from './times.ts'

/** Longest name of an engine that is shown at all. */
const engineLimit = 400

export const jobColumns: readonly Column<Job>[] = [
  column('created', 8, 'time', (job) => dateTime(job.CreateTime)),
  column('id', 10, 'id', (job) => job.ID),
  column('job', 40, 'text', (job) => job.Tasks[0]?.Engine.Type.slice(0, engineLimit) ?? '', { least: 8 }),
  column('type', 8, 'text', (job) => job.Type),
  column('state', 20, 'text', (job) => job.State.StateType),
]

export const versionColumns: readonly Column<Job>[] = [
  column('Created At', undefined, undefined, (job) => dateTime(job.ModifyTime)),
  column('Job Version', undefined, undefined, (job) => String(job.Version)),
]
