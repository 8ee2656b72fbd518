/** Works through all items, at most `most` at once; the first failure breaks the others off and is thrown. */
export async function sideBySide<Item>(
  items: Iterable<Item>,
  most: number,
  signal: AbortSignal,
  work: (item: Item, either: AbortSignal) => Promise<void>,
): Promise<void> {
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  const waiting = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      either.throwIfAborted()
      await work(next.value, either)
    }
  }
  const workers = Array.from({ length: most }, () => worker().catch((error: unknown) => broken.abort(error)))
  await Promise.all(workers)
  if (signal.aborted) throw signal.reason
  if (broken.signal.aborted) throw broken.signal.reason
}
