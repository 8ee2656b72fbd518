/** Most branches do little but lead on: what one does not need it does not have. */
type Branch<Item> = {
  /** By token. */
  next: Map<string, Branch<Item>> | undefined
  /** Where `*` leads: any token. */
  any: Branch<Item> | undefined
  /** Of patterns that end here. */
  ends: Set<Item> | undefined
  /** Of patterns that go on with `>`. */
  rest: Set<Item> | undefined
}

const newBranch = <Item>(): Branch<Item> => ({ next: undefined, any: undefined, ends: undefined, rest: undefined })

/**
 * Items by pattern. Finding those of a subject costs as much as it has tokens, however many patterns there are. A pattern
 * that is a subject itself, as each node has some, is found in one step.
 */
export class SubjectTree<Item> {
  readonly #plain = new Map<string, Set<Item>>()
  readonly #root = newBranch<Item>()

  add(pattern: string, item: Item): void {
    if (isPlain(pattern)) {
      this.#plain.set(pattern, (this.#plain.get(pattern) ?? new Set()).add(item))
      return
    }
    let branch = this.#root
    for (const token of pattern.split('.')) {
      if (token === '>') {
        branch.rest = (branch.rest ?? new Set()).add(item)
        return
      }
      branch = token === '*' ? (branch.any ??= newBranch()) : branchOf(branch, token)
    }
    branch.ends = (branch.ends ?? new Set()).add(item)
  }

  remove(pattern: string, item: Item): void {
    if (!isPlain(pattern)) removeFrom(this.#root, pattern.split('.'), item)
    else if (!without(this.#plain.get(pattern), item)) this.#plain.delete(pattern)
  }

  find(subject: string): Item[] {
    const found: Item[] = []
    take(this.#plain.get(subject), found)
    findIn(this.#root, subject, 0, found)
    return found
  }
}

/** Without `*` and `>` in it, which most often are tokens of their own. */
const isPlain = (pattern: string): boolean => !pattern.includes('*') && !pattern.includes('>')

const branchOf = <Item>(branch: Branch<Item>, token: string): Branch<Item> => {
  branch.next ??= new Map()
  const known = branch.next.get(token)
  if (known) return known
  const made = newBranch<Item>()
  branch.next.set(token, made)
  return made
}

/**
 * `at`: where the token begins that leads on from this branch. A subject is not split: nearly each is a new text, and V8
 * remembers what it has split.
 */
const findIn = <Item>({ next, any, ends, rest }: Branch<Item>, subject: string, at: number, found: Item[]): void => {
  const isAtEnd = at > subject.length
  take(isAtEnd ? ends : rest, found)
  if (isAtEnd || (!next && !any)) return
  const dot = subject.indexOf('.', at)
  const end = dot === -1 ? subject.length : dot
  const named = next?.get(subject.slice(at, end))
  if (named) findIn(named, subject, end + 1, found)
  if (any) findIn(any, subject, end + 1, found)
}

const take = <Item>(items: Set<Item> | undefined, found: Item[]): void => {
  if (items) for (const item of items) found.push(item)
}

const removeFrom = <Item>(branch: Branch<Item>, [token, ...tokens]: string[], item: Item): void => {
  if (token === undefined) branch.ends = without(branch.ends, item)
  else if (token === '>') branch.rest = without(branch.rest, item)
  else if (token === '*') branch.any = pruned(branch.any, tokens, item)
  else if (!pruned(branch.next?.get(token), tokens, item)) {
    branch.next?.delete(token)
    if (branch.next?.size === 0) branch.next = undefined
  }
}

/** The branch without the item; undefined when it holds nothing any more. */
const pruned = <Item>(branch: Branch<Item> | undefined, tokens: string[], item: Item): Branch<Item> | undefined => {
  if (!branch) return undefined
  removeFrom(branch, tokens, item)
  return branch.next || branch.any || branch.ends || branch.rest ? branch : undefined
}

const without = <Item>(items: Set<Item> | undefined, item: Item): Set<Item> | undefined => {
  items?.delete(item)
  return items?.size === 0 ? undefined : items
}
