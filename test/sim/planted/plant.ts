import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import type { Bug } from '../bug.ts'

/** A bug, and the invariant that tells of it. */
export type Planted = { invariant: string; plant: () => Bug }

/** The store with some members replaced; the rest is as it was. */
export const changed = (store: Store, members: Partial<Store>): Store =>
  new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(members, name) ?? Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })

export const withCommit = (store: Store, change: (change: Change) => Change): Store =>
  changed(store, { commit: (given): Promise<CommitOutcome> => store.commit(change(given)) })
