import type { LabelSelectorRequirement } from '#models/job.ts'

export type Labels = Readonly<Record<string, string>>

export const isSameLabels = (a: Labels, b: Labels): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

type Key<Item> = { count: number; readonly byValue: Map<string, Set<Item>> }

/** What has which label, so that constraints are held only against what may meet them. */
export class LabelIndex<Item> {
  readonly #keys = new Map<string, Key<Item>>()

  clear(): void {
    this.#keys.clear()
  }

  add(item: Item, labels: Labels): void {
    for (const [name, value] of Object.entries(labels)) {
      const key = this.#keys.get(name) ?? { count: 0, byValue: new Map() }
      const items = key.byValue.get(value) ?? new Set()
      items.add(item)
      key.count++
      key.byValue.set(value, items)
      this.#keys.set(name, key)
    }
  }

  /** `labels` as they were when it was added. */
  remove(item: Item, labels: Labels): void {
    for (const [name, value] of Object.entries(labels)) {
      const key = this.#keys.get(name)
      const items = key?.byValue.get(value)
      if (!key || !items?.delete(item)) continue
      key.count--
      if (items.size === 0) key.byValue.delete(value)
      if (key.count === 0) this.#keys.delete(name)
    }
  }

  /** All that meet the constraint that fewest can; they need not meet the others. Undefined when no constraint asks for a label. */
  near(constraints: readonly LabelSelectorRequirement[]): Item[] | undefined {
    const [fewest] = constraints.flatMap((each) => this.#reach(each) ?? []).sort((a, b) => a.count - b.count)
    return fewest && [...fewest.sets()].flatMap((items) => [...items])
  }

  /** What can meet one constraint. Undefined for those that want a label not to be there. */
  #reach({ Key, Operator, Values }: LabelSelectorRequirement) {
    const { count = 0, byValue = new Map<string, Set<Item>>() } = this.#keys.get(Key) ?? {}
    switch (Operator) {
      case 'in':
      case '=':
      case '==': {
        const sets = [...new Set(Values)].flatMap((value) => byValue.get(value) ?? [])
        return { count: sets.reduce((sum, { size }) => sum + size, 0), sets: () => sets }
      }
      case 'exists':
      case 'gt':
      case 'lt':
        return { count, sets: () => byValue.values() }
      default:
        return undefined
    }
  }
}
