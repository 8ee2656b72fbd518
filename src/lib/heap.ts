/** A queue that gives its items in an order, whatever order they come in. Equal ones must be told apart by `isBefore`. */
export class Heap<Item> {
  readonly #isBefore: (a: Item, b: Item) => boolean
  #items: Item[] = []

  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  /** The one that `pop` would give. */
  get first(): Item | undefined {
    return this.#items[0]
  }

  push(item: Item): void {
    const items = this.#items
    let child = items.push(item) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#isBefore(item, items[parent] as Item)) break
      items[child] = items[parent] as Item
      child = parent
    }
    items[child] = item
  }

  pop(): Item | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last !== undefined && items.length > 0) this.#sink(last)
    return first
  }

  clear(): void {
    this.#items = []
  }

  /** Puts an item in at the top, where a place is free. */
  #sink(item: Item): void {
    const items = this.#items
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#isBefore(items[child + 1] as Item, items[child] as Item)) child++
      if (!this.#isBefore(items[child] as Item, item)) break
      items[parent] = items[child] as Item
      parent = child
    }
    items[parent] = item
  }
}
