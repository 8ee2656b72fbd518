import { expect, it } from 'vitest'
import { checkJob } from './job-check.schema.ts'
import { normalizeJob } from './job-normalize.schema.ts'

const problemsOf = (job: { Count?: number; Tasks?: object[] }): string[] =>
  checkJob(normalizeJob({ Type: 'batch', Tasks: [], ...job } as never, { defaultNetwork: 'None' })).map(
    ({ text }) => text,
  )

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

it('takes a relative target of an input for a path from the root, for WASM programs alone', () => {
  const problemsWith = (type: string, target: string) =>
    problemsOf({
      Tasks: [
        {
          Name: 'main',
          Engine: { Type: type, Params: { EntryModule: target, Image: 'image' } },
          Publisher: { Type: '' },
          InputSources: [{ Source: { Type: 'inline', Params: { URL: 'data:,' } }, Target: target }],
          ResultPaths: [],
          Network: { Type: 'None' },
        },
      ],
    })
  const problem = (text: string) => [`task main validation failed: input target ${text}`]
  expect(problemsWith('wasm', 'main.wasm')).toEqual([])
  expect(problemsWith('WASM', 'modules/main.wasm')).toEqual([])
  expect(problemsWith('docker', 'main.wasm')).toEqual(problem('"main.wasm" must be absolute'))
  expect(problemsWith('wasm', 'a/../../etc')).toEqual(problem('"/a/../../etc" must not contain ..'))
  expect(problemsWith('wasm', 'proc/self')).toEqual(problem('/proc/self lies in a system folder'))
  expect(problemsWith('wasm', './')).toEqual(problem('must not be the root folder'))
})
