import { expect, it } from 'vitest'
import { checkJob } from './job-check.schema.ts'
import { normalizeJob } from './job-normalize.schema.ts'

const problemsOf = (count: number): string[] =>
  checkJob(normalizeJob({ Type: 'batch', Count: count, Tasks: [] } as never, { defaultNetwork: 'None' }))

it('refuses a Count that no orchestrator can hold', () => {
  expect(problemsOf(100_000)).toEqual([])
  expect(problemsOf(100_001)).toEqual(['job count must be <= 100000'])
  expect(problemsOf(1_000_000_000_000)).toEqual(['job count must be <= 100000'])
})
