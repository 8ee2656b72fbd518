import { describe, expect, it } from 'vitest'
import type { JobCursor, JobFilter, JobOrder, Store } from '#contracts/store.ts'
import type { Job } from '#models/job.ts'
import { aJob, jobId, startNs } from '../store-fixtures.ts'
import type { StoreUnderTest } from '../store-under-test.ts'
import { applied, type Using } from './hands.ts'

/** Jobs are listed page by page. */
export function listingSuite(using: Using): void {
  describe('listing jobs', () => {
    const jobs = Array.from({ length: 40 }, (_, n) =>
      aJob((n * 17) % 40, {
        Namespace: n % 3 === 0 ? 'other' : 'default',
        Labels: { kind: 'any', ...(n % 5 === 0 ? { rare: 'yes', n: `${n}` } : {}) },
        CreateTime: startNs + BigInt((n * 7) % 40),
        ModifyTime: startNs + BigInt((n * 23) % 40),
      }),
    )
    const values = (order: JobOrder) => (job: Job) =>
      order === 'id' ? job.ID : order === 'created_at' ? job.CreateTime : job.ModifyTime
    const isRare = (labels: Readonly<Record<string, string>>) => labels.rare === 'yes'
    const filters: [name: string, filter: JobFilter, isWanted: (job: Job) => boolean][] = [
      ['all', {}, () => true],
      ['one namespace', { namespace: 'other' }, (job) => job.Namespace === 'other'],
      ['a label', { matchesLabels: isRare }, (job) => isRare(job.Labels)],
      [
        'a label that is indexed',
        { matchesLabels: isRare, requiredLabels: { rare: 'yes' } },
        (job) => isRare(job.Labels),
      ],
      [
        'two labels that are indexed, the first of them frequent',
        { matchesLabels: isRare, requiredLabels: { kind: 'any', rare: 'yes' } },
        (job) => isRare(job.Labels),
      ],
      [
        'a frequent label of which few are wanted',
        { matchesLabels: isRare, requiredLabels: { kind: 'any' } },
        (job) => isRare(job.Labels),
      ],
      [
        'a label in one namespace',
        { namespace: 'default', matchesLabels: isRare, requiredLabels: { rare: 'yes' } },
        (job) => isRare(job.Labels) && job.Namespace === 'default',
      ],
    ]
    for (const order of ['created_at', 'modified_at', 'id'] as const) {
      it.each(filters)(
        `pages through %s by ${order}, both ways, neither skipping nor repeating [I14]`,
        (_n, filter, isWanted) =>
          using(async ({ store, flush }) => {
            const under = { store, flush }
            await applied(under.store, { insertJobs: jobs })
            const value = values(order)
            const wanted = jobs.filter(isWanted).sort((a, b) => (value(a) < value(b) ? -1 : 1))
            for (const limit of [1, 7, 100]) {
              const listing = allJobs(store, filter, order, false, limit)
              expect((await drive(under, listing)).map((job) => job.ID)).toEqual(wanted.map((job) => job.ID))
              const reversed = await drive(under, allJobs(store, filter, order, true, limit))
              expect(reversed.map((job) => job.ID)).toEqual(wanted.toReversed().map((job) => job.ID))
            }
          }),
      )
    }

    it('pages through jobs of the same time', () =>
      using(async ({ store }) => {
        await applied(store, {
          insertJobs: [5, 3, 9, 1].map((n) => aJob(n, { CreateTime: startNs, ModifyTime: startNs })),
        })
        for (const order of ['created_at', 'modified_at'] as const) {
          const found = await allJobs(store, {}, order, false, 1)
          expect(found.map((job) => job.ID).sort()).toEqual([1, 3, 5, 9].map(jobId))
          expect((await allJobs(store, {}, order, true, 1)).reverse()).toEqual(found)
        }
      }))

    it('sees what an update has changed', () =>
      using(async ({ store }) => {
        await applied(store, { insertJobs: [aJob(1), aJob(2)] })
        const moved = aJob(1, {
          Version: 2,
          Revision: 2,
          ModifyTime: startNs + 9n,
          Namespace: 'new',
          Labels: { a: 'b' },
        })
        await applied(store, { updateJobs: [{ id: jobId(1), expectedRevision: 1, job: moved }] })
        expect((await store.jobs({}, 'modified_at', true, 1)).items).toEqual([moved])
        expect((await store.jobs({ namespace: 'default' }, 'id', false, 9)).items).toEqual([aJob(2)])
        const labelled = { requiredLabels: { a: 'b' }, matchesLabels: () => true }
        expect((await store.jobs(labelled, 'id', false, 9)).items).toEqual([moved])
        const bare = { ...moved, Version: 3, Revision: 3, Labels: {} }
        await applied(store, { updateJobs: [{ id: jobId(1), expectedRevision: 2, job: bare }] })
        expect((await store.jobs(labelled, 'id', false, 9)).items).toEqual([])
      }))
  })
}

async function allJobs(store: Store, filter: JobFilter, order: JobOrder, isReversed: boolean, limit: number) {
  const found: Job[] = []
  let after: JobCursor | undefined
  for (;;) {
    const page = await store.jobs(filter, order, isReversed, limit, after)
    expect(page.items.length).toBeLessThanOrEqual(limit)
    found.push(...page.items)
    const last = page.items.at(-1)
    if (!page.hasMore || !last) return found
    const values = { created_at: last.CreateTime, modified_at: last.ModifyTime, id: last.ID }
    after = { value: values[order], id: last.ID }
  }
}

/** Lets a long walk take its turns: it asks for them as flushes. */
async function drive<Result>({ flush }: Pick<StoreUnderTest, 'flush'>, work: Promise<Result>): Promise<Result> {
  const walk = { isDone: false }
  const end = () => {
    walk.isDone = true
  }
  work.then(end, end)
  while (!walk.isDone) {
    flush()
    await Promise.resolve()
  }
  return work
}
