import { LRUCache } from 'lru-cache'

type Limits<Key extends {}, Value extends {}> = LRUCache.Options<Key, Value, unknown>

/**
 * What came or was read of late, by its key. Of what lives more is kept than of what has ended: each of a long queue is needed once
 * more when its turn comes, and would have made room for those behind it by then.
 */
export class RecentRows<Key extends {}, Value extends {}> {
  readonly #live: LRUCache<Key, Value>
  readonly #ended: LRUCache<Key, Value>

  constructor(live: Limits<Key, Value>, ended: Limits<Key, Value>) {
    this.#live = new LRUCache(live)
    this.#ended = new LRUCache(ended)
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
