import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { isCounted, mainTask } from '#models/job.ts'
import { typeKey } from '#models/spec-config.ts'

type Entry = { jobId: JobId; priority: number; since: bigint }

/**
 * Jobs that ask for the same things find room at the same nodes; but not when it matters where a job has been before,
 * or it would hold up those behind it that could use what it cannot.
 */
const shapeOf = (job: Job, isPeculiar: boolean): string => {
  if (isPeculiar || !isCounted(job.Type) || (job.MaxPerNode ?? 0) > 0) return job.ID
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
 * Jobs that wait for a node or for room on one. Freed room wakes the first of each shape; only when that one could be
 * placed is the next of its shape woken, so a freed slot costs one look per shape, however many jobs wait.
 */
export class Waiting {
  readonly #shapes = new Map<string, Entry[]>()
  readonly #shapeOfJob = new Map<JobId, string>()
  /** Those that no present node will ever fit, each on its own, with their priority. */
  readonly #forNodes = new Map<JobId, number>()

  /** `isPeculiar`: some nodes have refused it. */
  add(job: Job, waitsFor: 'room' | 'nodes', isPeculiar: boolean): void {
    if (waitsFor === 'nodes') {
      this.#removeFromShape(job.ID)
      this.#forNodes.set(job.ID, job.Priority)
      return
    }
    this.#forNodes.delete(job.ID)
    const shape = shapeOf(job, isPeculiar)
    if (this.#shapeOfJob.get(job.ID) === shape) return
    this.#removeFromShape(job.ID)
    const entries = this.#shapes.get(shape) ?? []
    insert(entries, { jobId: job.ID, priority: job.Priority, since: job.VersionTime })
    this.#shapes.set(shape, entries)
    this.#shapeOfJob.set(job.ID, shape)
  }

  /** Returns the shape in which it waited for room. */
  remove(jobId: JobId): string | undefined {
    this.#forNodes.delete(jobId)
    return this.#removeFromShape(jobId)
  }

  /** The jobs to look at now: the first of every shape; those that wait for other nodes only when nodes changed. */
  heads(hasNodeChanged: boolean): { jobId: JobId; priority: number }[] {
    const heads: { jobId: JobId; priority: number }[] = [...this.#shapes.values()].flatMap((jobs) => jobs.slice(0, 1))
    if (hasNodeChanged) for (const [jobId, priority] of this.#forNodes) heads.push({ jobId, priority })
    return heads
  }

  /** The first job of one shape. */
  next(shape: string): { jobId: JobId; priority: number }[] {
    return (this.#shapes.get(shape) ?? []).slice(0, 1)
  }

  clear(): void {
    this.#shapes.clear()
    this.#shapeOfJob.clear()
    this.#forNodes.clear()
  }

  #removeFromShape(jobId: JobId): string | undefined {
    const shape = this.#shapeOfJob.get(jobId)
    if (shape === undefined) return undefined
    this.#shapeOfJob.delete(jobId)
    const entries = this.#shapes.get(shape) ?? []
    const index = entries[0]?.jobId === jobId ? 0 : entries.findIndex((entry) => entry.jobId === jobId)
    entries.splice(index, 1)
    if (entries.length === 0) this.#shapes.delete(shape)
    return shape
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.priority > b.priority || (a.priority === b.priority && a.since < b.since)

const insert = (entries: Entry[], entry: Entry): void => {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(entry, entries[middle] as Entry)) high = middle
    else low = middle + 1
  }
  entries.splice(low, 0, entry)
}
