import { hash } from 'node:crypto'
import { exactJson } from '#lib/json/exact.ts'
import type { NodeId } from '#models/ids.ts'
import { type Job, mainTask } from '#models/job.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import { uploadType } from '#models/upload.ts'

/** What nodes bring over a network and keep for the next job. */
const kept = new Set(['s3', 'urldownload', 'ipfs', uploadType])
const mostInputs = 1_000
const nodesOfInput = 32

/**
 * Which nodes have served jobs with the same inputs of late, and so are likely to have them still. A hint and no more: a node that
 * has let them go brings them again.
 */
export class InputHolders {
  /** By the name of the source, the least recently used first; each with its nodes, the latest last. */
  readonly #nodes = new Map<string, Set<NodeId>>()
  /** They are not what was last told or heard. */
  #isNews = false

  clear(): void {
    this.#nodes.clear()
  }

  forget(id: NodeId): void {
    for (const nodes of this.#nodes.values()) this.#isNews = nodes.delete(id) || this.#isNews
  }

  /** To be remembered, as JSON; undefined = what was told before is as good. */
  toldAt(): string | undefined {
    if (!this.#isNews) return undefined
    this.#isNews = false
    return JSON.stringify([...this.#nodes].map(([source, nodes]) => [source, [...nodes]]))
  }

  /** What was told before, in place of what is known. */
  hear(told: string): void {
    this.#nodes.clear()
    this.#isNews = false
    for (const [source, nodes] of JSON.parse(told) as [string, NodeId[]][]) this.#nodes.set(source, new Set(nodes))
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
      this.#isNews = true
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

/** The names of its inputs that are kept: short ones, for they are remembered by the thousand. */
const sourcesOf = (job: Job): string[] =>
  mainTask(job).InputSources.flatMap(({ Source }) =>
    kept.has(typeKey(Source.Type)) ? [hash('sha256', exactJson(asRead(Source)), 'base64url')] : [],
  )

/** Clients write the same parameters in any order and case. */
const asRead = ({ Type, Params = {} }: SpecConfig) => {
  const named = Object.entries(Params).map(([name, value]) => ({ name: name.toLowerCase(), value }))
  return [typeKey(Type), ...named.sort((a, b) => (a.name < b.name ? -1 : 1))]
}

function dropFirst<Key>(items: Map<Key, unknown> | Set<Key>, most: number): void {
  for (const first of items.keys()) {
    if (items.size <= most) return
    items.delete(first)
  }
}
