import { expect, it } from 'vitest'
import { checkJob } from './job-check.schema.ts'
import { normalizeJob } from './job-normalize.schema.ts'

const problemsOf = (job: { Count?: number; Tasks?: object[] }): string[] =>
  checkJob(normalizeJob({ Type: 'batch', Tasks: [], ...job } as never, { defaultNetwork: 'None' }))

it('refuses a Count that no orchestrator can hold', () => {
  expect(problemsOf({ Count: 100_000 })).toEqual([])
  expect(problemsOf({ Count: 100_001 })).toEqual(['job count must be <= 100000'])
  expect(problemsOf({ Count: 1_000_000_000_000 })).toEqual(['job count must be <= 100000'])
})

it('refuses an environment that no process can be given', () => {
  const task = (value: string) => ({
    Name: 'main',
    Engine: { Type: 'noop' },
    Publisher: { Type: '' },
    InputSources: [],
    ResultPaths: [],
    Network: { Type: 'None' },
    Env: { A: value },
  })
  expect(problemsOf({ Tasks: [task('two\nlines')] })).toEqual([])
  expect(problemsOf({ Tasks: [task('a\0b')] })).toEqual([
    "task main validation failed: environment variable 'A' must not contain a null character",
  ])
})
