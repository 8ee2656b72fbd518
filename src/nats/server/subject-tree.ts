type Branch<Item> = {
  /** By token; `*` stands for any. */
  readonly next: Map<string, Branch<Item>>
  /** Of patterns that end here. */
  readonly ends: Set<Item>
  /** Of patterns that go on with `>`. */
  readonly rest: Set<Item>
}

const newBranch = <Item>(): Branch<Item> => ({ next: new Map(), ends: new Set(), rest: new Set() })

/** Items by pattern. Finding those of a subject costs as much as it has tokens, however many patterns there are. */
export class SubjectTree<Item> {
  readonly #root = newBranch<Item>()

  add(pattern: string, item: Item): void {
    let branch = this.#root
    for (const token of pattern.split('.')) {
      if (token === '>') return void branch.rest.add(item)
      const next = branch.next.get(token) ?? newBranch<Item>()
      branch.next.set(token, next)
      branch = next
    }
    branch.ends.add(item)
  }

  remove(pattern: string, item: Item): void {
    removeFrom(this.#root, pattern.split('.'), item)
  }

  find(subject: string): Item[] {
    const tokens = subject.split('.')
    const found: Item[] = []
    let branches = [this.#root]
    for (const token of tokens) {
      for (const { rest } of branches) found.push(...rest)
      branches = branches.flatMap(({ next }) => [next.get(token), next.get('*')].filter((each) => each !== undefined))
    }
    for (const { ends } of branches) found.push(...ends)
    return found
  }
}

/** Branches that hold nothing any more are cut off. */
const removeFrom = <Item>(branch: Branch<Item>, [token, ...tokens]: string[], item: Item): void => {
  if (token === undefined) return void branch.ends.delete(item)
  if (token === '>') return void branch.rest.delete(item)
  const next = branch.next.get(token)
  if (!next) return
  removeFrom(next, tokens, item)
  if (next.next.size + next.ends.size + next.rest.size === 0) branch.next.delete(token)
}
