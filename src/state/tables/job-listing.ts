import type { JobCursor, JobFilter, JobOrder, Page } from '#contracts/store.ts'
import { parseExact } from '#lib/json/exact.ts'
import type { Job } from '#models/job.ts'
import type { JobLabelsTable } from './job-labels.ts'
import type { JobPlaces, Place, Walk } from './job-places.ts'
import type { JobsTable } from './jobs.ts'

/** Rows looked at in one go; between two the process does other work. */
const chunkSize = 1_000
/** So few candidates are taken all and sorted, where walking might pass by a million others. */
const fewPlaces = 2_000

/** Pages of jobs: from the cursor along the index of the order, never over the table (W41). */
export class JobListing {
  readonly #jobs: JobsTable
  readonly #labels: JobLabelsTable
  readonly #places: JobPlaces
  readonly #nextTurn: () => Promise<void>

  constructor(jobs: JobsTable, labels: JobLabelsTable, places: JobPlaces, nextTurn: () => Promise<void>) {
    this.#jobs = jobs
    this.#labels = labels
    this.#places = places
    this.#nextTurn = nextTurn
  }

  async page(
    filter: JobFilter,
    order: JobOrder,
    isReversed: boolean,
    limit: number,
    after?: JobCursor,
  ): Promise<Page<Job>> {
    const walk: Walk = { order, isReversed, namespace: filter.namespace }
    const found = await this.#found(filter, walk, limit + 1, after)
    const items = found.slice(0, limit).map((place) => this.#jobs.byKey(place.key))
    return { items: items.filter((job) => job !== undefined), hasMore: found.length > limit }
  }

  async #found(filter: JobFilter, walk: Walk, wanted: number, after?: JobCursor): Promise<Place[]> {
    const label = this.#rarestLabel(filter)
    if (label && walk.order === 'created_at') return this.#labelled(label, filter, walk, wanted, after)
    const few = this.#few(filter, label, walk.order)
    return few ? this.#sorted(few, filter, walk, after) : this.#walked(filter, walk, wanted, after)
  }

  /** Along the index of one label, in the order of creation; what else is asked for is looked at on the way. */
  async #labelled(label: Label, filter: JobFilter, walk: Walk, wanted: number, after?: JobCursor): Promise<Place[]> {
    const found: Place[] = []
    const { isReversed } = walk
    let from = after && this.#places.createdAt(after, isReversed)
    for (let size = wanted; ; size = Math.min(2 * size, chunkSize)) {
      const keys = this.#labels.keys(...label, size, { isReversed, ...(from ? { after: from } : {}) })
      const places = this.#places.byKeys(keys)
      for (const place of places) if (matches(filter, place)) found.push(place)
      const last = places.at(-1)
      if (found.length >= wanted || !last || keys.length < size) return found
      from = { at: last.created_at, key: Number(last.key) }
      await this.#nextTurn()
    }
  }

  async #walked(filter: JobFilter, walk: Walk, wanted: number, after?: JobCursor): Promise<Place[]> {
    const isFiltered =
      filter.matchesLabels !== undefined ||
      filter.seesNamespace !== undefined ||
      (walk.order === 'id' && walk.namespace !== undefined)
    const found: Place[] = []
    for (let from = after; ; ) {
      const size = isFiltered ? chunkSize : wanted
      const places = this.#places.next(walk, from, size)
      for (const place of places) if (matches(filter, place)) found.push(place)
      const last = places.at(-1)
      if (found.length >= wanted || !last || places.length < size) return found
      from = { value: walk.order === 'id' ? last.id : last[walk.order], id: last.id }
      await this.#nextTurn()
    }
  }

  #sorted(few: readonly Place[], filter: JobFilter, walk: Walk, after?: JobCursor): Place[] {
    const found = few.filter((place) => matches(filter, place) && (!after || this.#places.isAfter(walk, place, after)))
    const sign = walk.isReversed ? -1 : 1
    return found.sort((a, b) => sign * this.#places.compare(walk.order, a, b))
  }

  /** Of the labels that are asked for the one of the fewest jobs. */
  #rarestLabel({ requiredLabels = {} }: JobFilter): Label | undefined {
    const labels = Object.entries(requiredLabels)
    if (labels.length < 2) return labels[0]
    const counted = labels.map((label) => ({ label, count: this.#keysOf(label).length }))
    return counted.sort((a, b) => a.count - b.count)[0]?.label
  }

  #keysOf(label: Label): number[] {
    return this.#labels.keys(...label, fewPlaces + 1, { isReversed: false })
  }

  /** All candidates, when an index shows that there are few of them. */
  #few(filter: JobFilter, label: Label | undefined, order: JobOrder): Place[] | undefined {
    const keys = label && this.#keysOf(label)
    if (keys && keys.length <= fewPlaces) return this.#places.byKeys(keys)
    // The index of ids does not know namespaces.
    if (order !== 'id' || filter.namespace === undefined) return undefined
    const places = this.#places.ofNamespace(filter.namespace, fewPlaces + 1)
    return places.length <= fewPlaces ? places : undefined
  }
}

type Label = [name: string, value: string]

const noLabels = Object.freeze({})

const matches = (filter: JobFilter, place: Place): boolean =>
  (filter.namespace === undefined || filter.namespace === place.namespace) &&
  (!filter.seesNamespace || filter.seesNamespace(place.namespace)) &&
  (!filter.matchesLabels || filter.matchesLabels(place.labels === null ? noLabels : parseExact(place.labels)))
