import { exactJson } from '#lib/json/exact.ts'
import type { NodeId } from '#models/ids.ts'
import { type Job, mainTask } from '#models/job.ts'
import { typeKey } from '#models/spec-config.ts'
import { uploadType } from '#models/upload.ts'

/** What nodes bring over a network and keep for the next job. */
const kept = new Set(['s3', 'urldownload', 'ipfs', uploadType])
const mostInputs = 1_000
const nodesOfInput = 32

/**
 * Which nodes have served jobs with the same inputs of late, and so are likely to have them still. A hint and no more: a node that
 * has let them go brings them again, and after a restart nothing is known.
 */
export class InputHolders {
  /** By the source as JSON, the least recently used first; each with its nodes, the latest last. */
  readonly #nodes = new Map<string, Set<NodeId>>()

  clear(): void {
    this.#nodes.clear()
  }

  forget(id: NodeId): void {
    for (const nodes of this.#nodes.values()) nodes.delete(id)
  }

  /** A job has run well there. */
  note(job: Job, id: NodeId): void {
    for (const source of sourcesOf(job)) {
      const nodes = this.#nodes.get(source) ?? new Set()
      this.#nodes.delete(source)
      this.#nodes.set(source, nodes)
      nodes.delete(id)
      nodes.add(id)
      dropFirst(nodes, nodesOfInput)
    }
    dropFirst(this.#nodes, mostInputs)
  }

  /** How many of the job's inputs each of them has. */
  of(job: Job): ReadonlyMap<NodeId, number> {
    const counts = new Map<NodeId, number>()
    for (const source of sourcesOf(job)) {
      for (const id of this.#nodes.get(source) ?? []) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    return counts
  }
}

const sourcesOf = (job: Job): string[] =>
  mainTask(job).InputSources.flatMap(({ Source }) => (kept.has(typeKey(Source.Type)) ? [exactJson(Source)] : []))

function dropFirst<Key>(items: Map<Key, unknown> | Set<Key>, most: number): void {
  for (const first of items.keys()) {
    if (items.size <= most) return
    items.delete(first)
  }
}
