/**
 * Works through items, and those that come up meanwhile, newest first and at most `most` at once; the first failure breaks the
 * others off and is thrown.
 */
export async function workThrough<Item>(
  items: readonly Item[],
  most: number,
  signal: AbortSignal,
  work: (item: Item, add: (item: Item) => void, either: AbortSignal) => Promise<void>,
): Promise<void> {
  const waiting = items.toReversed()
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  const running = new Set<Promise<void>>()
  const add = (item: Item) => void waiting.push(item)
  const begin = (item: Item) => {
    const one: Promise<void> = work(item, add, either)
      .catch((error: unknown) => broken.abort(error))
      .finally(() => running.delete(one))
    running.add(one)
  }
  for (;;) {
    while (!either.aborted && running.size < most && waiting.length > 0) begin(waiting.pop() as Item)
    if (running.size === 0) break
    await Promise.race(running)
  }
  if (signal.aborted) throw signal.reason
  if (broken.signal.aborted) throw broken.signal.reason
}
