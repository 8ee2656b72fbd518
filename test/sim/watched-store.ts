import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import type { Life } from './life.ts'

export type OnDurable = (change: Change) => void

const never = new Promise<never>(() => {})

/**
 * The store as one life uses it: the observer hears of each change when it is on disk and before anybody can act on it,
 * and a dead process gets no answer any more. `isSettled`: all that was applied is on disk.
 */
export const watchedStore = (
  store: Store,
  life: Life,
  onDurable: OnDurable,
): { store: Store; isSettled: () => boolean } => {
  let underWay = 0
  const commit = async (change: Change): Promise<CommitOutcome> => {
    const outcome = await store.commit(change)
    if (outcome.kind === 'applied') {
      underWay += 1
      outcome.durable.then(
        () => {
          underWay -= 1
          onDurable(change)
        },
        () => {
          underWay -= 1
        },
      )
    }
    return outcome
  }
  const watched = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = name === 'commit' ? commit : Reflect.get(target, name, target)
      if (typeof member !== 'function' || name === 'onLost') return bound(member, target)
      return (...values: unknown[]) => (life.isAlive ? Reflect.apply(member, target, values) : never)
    },
  })
  return { store: watched, isSettled: () => underWay === 0 }
}

const bound = (member: unknown, target: Store): unknown => (typeof member === 'function' ? member.bind(target) : member)
