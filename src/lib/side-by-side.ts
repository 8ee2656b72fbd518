/**
 * Works through all items, and those that `add` brings up meanwhile, newest first, at most `most` at once; the first failure breaks
 * the others off and is thrown.
 */
export async function sideBySide<Item>(
  items: Iterable<Item>,
  most: number,
  signal: AbortSignal,
  work: (item: Item, either: AbortSignal, add: (item: Item) => void) => Promise<void>,
): Promise<void> {
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  const given = items[Symbol.iterator]()
  const added: Item[] = []
  const add = (item: Item) => void added.push(item)
  const take = (): IteratorResult<Item> =>
    added.length > 0 ? { value: added.pop() as Item, done: false } : given.next()
  let running = 0
  await new Promise<void>((done, failed) => {
    const goOn = () => {
      while (running < most && !either.aborted) {
        const next = take()
        if (next.done) break
        running += 1
        work(next.value, either, add)
          .catch((error: unknown) => broken.abort(error))
          .then(() => ((running -= 1), goOn()))
          .catch(failed)
      }
      if (running === 0) done()
    }
    goOn()
  })
  if (signal.aborted) throw signal.reason
  if (broken.signal.aborted) throw broken.signal.reason
}
