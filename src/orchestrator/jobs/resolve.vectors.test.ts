import { expect, it } from 'vitest'
import type { Store } from '#contracts/store.ts'
import type { Job } from '#models/job.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { absent, vectorCases } from '../../../test/kit/vectors.ts'
import { resolveJob } from './resolve.ts'

type Outcome = { out?: string; err?: string }
type StoredJob = [id: string, name: string, namespace: string]

/** Just enough of a store to look jobs up in; the oldest first. */
const storeOf = (jobs: readonly StoredJob[]): Store =>
  partOf<Store>({
    job: async (id: string) => (jobs.some(([each]) => each === id) ? partOf<Job>({ ID: id }) : undefined),
    jobIdsByPrefix: async (prefix: string, limit: number) =>
      jobs
        .map(([id]) => id)
        .filter((id) => id.startsWith(prefix))
        .sort()
        .slice(0, limit),
    jobIdByName: async (name: string, namespace: string) =>
      jobs.findLast(([, each, space]) => each === name && space === namespace)?.[0],
  })

const cases = vectorCases('job-id-lookup.json')

if (cases === undefined) absent('job-id-lookup.json')
else {
  const raw = cases[0]?.raw as Record<string, { jobs?: StoredJob[] }> & { jobs?: StoredJob[] }
  const store = storeOf(raw['v1.4.0']?.jobs ?? raw.jobs ?? [])

  // Ours finds ids and prefixes as 1.4.0 does and names as 1.9.3 does, so that either may be right.
  it(`vectors job-id-lookup.json: finds or refuses as one of the two versions in all ${cases.length} cases`, async () => {
    for (const { in: input, raw: recorded } of cases) {
      // No route has an empty id.
      if (input.text === '') continue
      // 1.4.0 knows no namespaces here and was asked each text once.
      const older = cases.find((each) => each.in.text === input.text && each.raw['v1.4.0'])?.raw['v1.4.0']
      const wanted = [recorded, older, recorded['v1.9.3']] as (Outcome | undefined)[]
      const found = await resolveJob(store, input.text, input.namespace).catch(
        (error: Error) => `error: ${error.message}`,
      )
      const allowed = wanted.flatMap((each) => [each?.out, each?.err && `error: ${each.err}`]).filter(Boolean)
      const isAmbiguous = allowed.some((each) => /^error: multiple/i.test(String(each)))
      if (isAmbiguous && /^error: multiple/i.test(found)) continue
      expect.soft(allowed, JSON.stringify(input)).toContain(found)
    }
  })
}
