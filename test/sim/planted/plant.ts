import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Change, CommitOutcome, Store } from '#contracts/store.ts'
import type { Job } from '#models/job.ts'
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

/** The job that decisions are made from is not the one that was asked for. */
export const misreadJob = (misread: (job: Job) => Job): Bug => ({
  store: (store) =>
    changed(store, {
      job: async (id) => {
        const job = await store.job(id)
        return job && misread(job)
      },
    }),
})

/** A node that takes its orders otherwise. */
export const delivering = (end: ComputeEnd, deliver: ComputeEnd['deliver']): ComputeEnd => ({
  readLogs: (...given) => end.readLogs(...given),
  readResult: (query) => end.readResult(query),
  deliver,
})
