import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { isCounted, mainTask, mostPerNode } from '#models/job.ts'
import { typeKey } from '#models/spec-config.ts'
import { isBefore, type Turn, turnOf } from './turn.ts'

/**
 * Jobs that ask for the same things find room at the same nodes; but not when it matters where a job has been before,
 * or it would hold up those behind it that could use what it cannot.
 */
const shapeOf = (job: Job, isPeculiar: boolean): string => {
  if (isPeculiar || !isCounted(job.Type) || mostPerNode(job) > 0) return `${job.ID} ${job.Version}`
  const task = mainTask(job)
  const sources = task.InputSources.map((input) => typeKey(input.Source.Type)).sort()
  return JSON.stringify([
    typeKey(task.Engine.Type),
    typeKey(task.Publisher.Type),
    sources,
    task.Resources,
    job.Constraints,
  ])
}

/**
 * Those of one shape, the first in front, and what the last look at one of them said would help. `tried`: when the first of
 * them found no more places; nor would any that came later.
 */
type Line = { entries: Turn[]; waitsFor: 'room' | 'nodes'; tried?: { by: Turn; mark: number } }

/** `isPeculiar`: some nodes have refused it. `mark`: of the nodes at the last look at it. */
export type Wait = { waitsFor: 'room' | 'nodes'; isPeculiar: boolean; mark: number }

/**
 * Jobs that wait for a node or for room on one. What may help wakes the first of each shape; only when that one could
 * be placed, and there may be room for more, is the next of its shape woken: so a freed slot or a new node costs one look
 * per shape, however many wait.
 */
export class Waiting {
  readonly #lines = new Map<string, Line>()
  readonly #shapeOfJob = new Map<JobId, string>()

  /** Returns the shape in which it waited until now, when that was another. */
  add(job: Job, { waitsFor, isPeculiar, mark }: Wait): string | undefined {
    const shape = shapeOf(job, isPeculiar)
    const isNew = this.#shapeOfJob.get(job.ID) !== shape
    const left = isNew ? this.remove(job.ID) : undefined
    const line = this.#lines.get(shape) ?? { entries: [], waitsFor }
    if (isNew) insert(line.entries, turnOf(job))
    line.waitsFor = waitsFor
    if (line.entries[0]?.jobId === job.ID) line.tried = { by: turnOf(job), mark }
    this.#lines.set(shape, line)
    this.#shapeOfJob.set(job.ID, shape)
    return left
  }

  /** The mark of the nodes when one like this job, whose turn is not later, found no more places; undefined = none did. */
  triedAt(job: Job, isPeculiar: boolean): number | undefined {
    const tried = this.#lines.get(shapeOf(job, isPeculiar))?.tried
    return tried && !isBefore(turnOf(job), tried.by) ? tried.mark : undefined
  }

  /** The job, which waited in this shape, took the last room for such; of that there will be more. False: it has another shape by now. */
  tookLast(shape: string, job: Job, mark: number): boolean {
    if (shape !== shapeOf(job, false)) return false
    const line = this.#lines.get(shape)
    if (line) {
      line.waitsFor = 'room'
      line.tried = { by: turnOf(job), mark }
    }
    return true
  }

  has(jobId: JobId): boolean {
    return this.#shapeOfJob.has(jobId)
  }

  /** Returns the shape in which it waited. */
  remove(jobId: JobId): string | undefined {
    const shape = this.#shapeOfJob.get(jobId)
    const line = shape === undefined ? undefined : this.#lines.get(shape)
    if (shape === undefined || !line) return undefined
    this.#shapeOfJob.delete(jobId)
    const { entries } = line
    const index = entries[0]?.jobId === jobId ? 0 : entries.findIndex((entry) => entry.jobId === jobId)
    entries.splice(index, 1)
    if (entries.length === 0) this.#lines.delete(shape)
    return shape
  }

  /** The jobs to look at now, in their turn: the first of every shape; those that wait for other nodes only when nodes changed. */
  heads(hasNodeChanged: boolean): Turn[] {
    // Asked whenever something ends, while mostly nothing waits.
    if (this.#lines.size === 0) return []
    const lines = [...this.#lines.values()].filter(({ waitsFor }) => hasNodeChanged || waitsFor === 'room')
    return lines.flatMap(({ entries }) => entries.slice(0, 1)).sort((a, b) => (isBefore(a, b) ? -1 : 1))
  }

  /** The first job of one shape. */
  next(shape: string): Turn[] {
    return (this.#lines.get(shape)?.entries ?? []).slice(0, 1)
  }

  clear(): void {
    this.#lines.clear()
    this.#shapeOfJob.clear()
  }
}

const insert = (entries: Turn[], entry: Turn): void => {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(entry, entries[middle] as Turn)) high = middle
    else low = middle + 1
  }
  entries.splice(low, 0, entry)
}
