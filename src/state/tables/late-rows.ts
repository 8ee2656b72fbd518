import { LRUCache } from 'lru-cache'

/** How much is kept; `maxSize` of what `sizeOf` says. */
type Limit = { max: number; maxSize?: number }
export type LateRowsOptions<Value> = { live: Limit; ended: Limit; sizeOf?: (value: Value) => number }

/**
 * What came or was read of late, by its key. Of what lives more is kept than of what has ended: each of a long queue is needed once
 * more when its turn comes, and would have made room for those behind it by then.
 */
export class LateRows<Key extends {}, Value extends {}> {
  readonly #live: LRUCache<Key, Value>
  readonly #ended: LRUCache<Key, Value>

  constructor({ live, ended, sizeOf }: LateRowsOptions<Value>) {
    const size = sizeOf && { sizeCalculation: sizeOf }
    this.#live = new LRUCache<Key, Value>({ ...live, ...size } as LRUCache.Options<Key, Value, unknown>)
    this.#ended = new LRUCache<Key, Value>({ ...ended, ...size } as LRUCache.Options<Key, Value, unknown>)
  }

  get(key: Key): Value | undefined {
    return this.#live.get(key) ?? this.#ended.get(key)
  }

  set(key: Key, value: Value, isLive: boolean): void {
    const [to, other] = isLive ? [this.#live, this.#ended] : [this.#ended, this.#live]
    other.delete(key)
    to.set(key, value)
  }

  /** It lives no longer. */
  end(key: Key): void {
    const value = this.#live.get(key)
    if (value) this.set(key, value, false)
  }

  delete(key: Key): void {
    this.#live.delete(key)
    this.#ended.delete(key)
  }

  clear(): void {
    this.#live.clear()
    this.#ended.clear()
  }
}
