import { expect, it } from 'vitest'
import type { JobSpec } from './job.ts'
import { checkJob } from './job-check.schema.ts'
import { normalizeJob } from './job-normalize.schema.ts'

const problemsOf = (job: Partial<Record<keyof JobSpec, unknown>>): string[] =>
  checkJob(normalizeJob({ Type: 'batch', Tasks: [], ...job } as never, { defaultNetwork: 'None' })).map(
    ({ text }) => text,
  )

it('refuses a Count that no orchestrator can hold', () => {
  expect(problemsOf({ Count: 100_000 })).toEqual([])
  expect(problemsOf({ Count: 100_001 })).toEqual(['job count must be <= 100000'])
  expect(problemsOf({ Count: 1_000_000_000_000 })).toEqual(['job count must be <= 100000'])
})

it('refuses a policy of new attempts that promises in vain [F2]', () => {
  const problems = (Reschedule: object) => problemsOf({ Reschedule })
  const wrong = 'reschedule policy validation failed: '
  expect(problems({ MoreMemory: -1 })).toEqual([`${wrong}MoreMemory must be >= 0`])
  expect(problems({ MoreMemory: 50, Classes: ['transient'] })).toEqual([
    `${wrong}MoreMemory needs resource among Classes: no attempt would get it`,
  ])
  expect(problems({ MoreMemory: 50, Classes: ['resource'] })).toEqual([])
  expect(problems({ MoreMemory: 50 })).toEqual([])
})

it('refuses limits and times of our own fields that are below zero, which would be taken for none', () => {
  expect(problemsOf({ MaxPerNode: -1 })).toEqual(['MaxPerNode must be >= 0'])
  const wrong = 'disconnect rule validation failed: '
  expect(problemsOf({ Disconnect: { LostAfter: -1 } })).toEqual([`${wrong}LostAfter must be >= 0`])
  expect(problemsOf({ MaxPerNode: 1, Disconnect: { LostAfter: 0 } })).toEqual([])
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

it('refuses labels and names of tasks that no list can show', () => {
  const named = (Name: string) => ({ Name, Engine: { Type: 'noop' } })
  expect(problemsOf({ Labels: { env: 'b c', 'example.com/a': '' }, Tasks: [named('a b')] })).toEqual([])
  expect(problemsOf({ Labels: { a: 'x'.repeat(254), ['k'.repeat(318)]: '', b: 'two\nlines', '': 'c' } })).toEqual([
    'job label value must not be longer than 253 characters',
    'job label key must not be longer than 317 characters',
    'job label must not contain control characters',
    'job label key cannot be empty',
  ])
  expect(problemsOf({ Tasks: [named('a\u001b[2J')] })).toEqual([
    'task a\u001b[2J validation failed: task name must not contain control characters',
  ])
  expect(problemsOf({ Tasks: [named('n'.repeat(254))] })[0]).toMatch(/must not be longer than 253 characters$/)
})

it.each([
  ['WorkingDirectory', 'app', `'WorkingDirectory' ("app") must contain absolute path`],
  ['WorkingDirectory', '/a/../etc', 'must not contain ..'],
  ['WorkingDirectory', '/./proc/1', 'lies in a system folder'],
  ['EnvironmentVariables', ['A=1', 'bacalhau_x=1'], `environment variable 'bacalhau_x' cannot start with BACALHAU_`],
  ['EnvironmentVariables', ['A=1', 'B=x\0y'], `'EnvironmentVariables' must not contain a null character`],
  ['WorkingDirectory', '/a\0b', `'WorkingDirectory' must not contain a null character`],
  ['Parameters', ['a', 'b\0c'], `'Parameters' must not contain a null character`],
])('refuses %s %j of a docker task wherever it would run [R160]', (name, value, text) => {
  const problems = (Params: object) =>
    problemsOf({ Tasks: [{ Name: 'main', Engine: { Type: 'docker', Params: { Image: 'a', ...Params } } }] })
  expect(problems({ WorkingDirectory: '/', EnvironmentVariables: ['A=BACALHAU_'] })).toEqual([])
  expect(problems({ [name]: value })[0]).toContain(text)
})

it('refuses a null character in what a WASM program is started with, where it would end unseen', () => {
  const problems = (Params: object) =>
    problemsOf({ Tasks: [{ Name: 'main', Engine: { Type: 'wasm', Params: { EntryModule: '/a.wasm', ...Params } } }] })
  const text = (name: string) => [expect.stringContaining(`'${name}' must not contain a null character`)]
  expect(problems({ Parameters: ['a'], EnvironmentVariables: { A: 'b' } })).toEqual([])
  expect(problems({ Parameters: ['a\0b'] })).toEqual(text('Parameters'))
  expect(problems({ EnvironmentVariables: { A: 'b\0' } })).toEqual(text('EnvironmentVariables'))
  expect(problems({ EnvironmentVariables: { 'A\0': 'b' } })).toEqual(text('EnvironmentVariables'))
})

const problemsOfInput = (Type: string, Params: object) =>
  problemsOf({
    Tasks: [{ Name: 'main', Engine: { Type: 'noop' }, InputSources: [{ Source: { Type, Params }, Target: '/in' }] }],
  })

it('refuses addresses that lead nowhere from any node [R169, R177]', () => {
  const ofUrl = (URL: string) => problemsOfInput('urlDownload', { URL })[0]
  expect(ofUrl('https://a/b')).toBeUndefined()
  expect(ofUrl('https://a')).toContain('URL must end with a file name')
  for (const wrong of ['http://:80/x', 'http://a:99999/x', 'ftp://a/b']) expect(ofUrl(wrong)).toContain('is no http')
  const ofChecksum = (ChecksumSHA256: string) =>
    problemsOfInput('urlDownload', { URL: 'https://a/b', ChecksumSHA256 })[0]
  for (const right of ['', 'A0'.repeat(32), `${'A'.repeat(43)}=`]) expect(ofChecksum(right)).toBeUndefined()
  expect(ofChecksum('00ff')).toContain('ChecksumSHA256 must be a SHA-256 in hex or base64')
  expect(problemsOfInput('s3', { Bucket: 'b', Endpoint: 'a:9000' })).toEqual([])
  expect(problemsOfInput('s3', { Bucket: 'b', Endpoint: 'http://' })[0]).toContain('"http://" is no endpoint of S3')
})

it('refuses relative paths of the node, and takes options as newer clients write them [R179]', () => {
  const problems = problemsOfInput
  for (const type of ['localDirectory', 'local']) {
    expect(problems(type, { SourcePath: '/a', ReadWrite: 'true' })).toEqual([])
    expect(problems(type, { SourcePath: 'a' })[0]).toContain('SourcePath ("a") must be absolute')
    expect(problems(type, { SourcePath: '/a', ReadWrite: 'maybe' })[0]).toContain('ReadWrite must be true or false')
  }
})

it('refuses names of results that no file can have, and those of the files that every result has', () => {
  const problemsOfName = (Name: string) =>
    problemsOf({
      Tasks: [
        {
          Name: 'main',
          Engine: { Type: 'noop' },
          Publisher: { Type: 'local' },
          ResultPaths: [{ Name, Path: '/out' }],
        },
      ],
    })[0]
  for (const good of ['outputs', 'new\nline', '☃']) expect(problemsOfName(good)).toBeUndefined()
  for (const wrong of ['..', 'a/b', '☃'.repeat(86)]) expect(problemsOfName(wrong)).toContain('must be a plain name')
  for (const taken of ['stdout', 'stderr', 'exitCode']) expect(problemsOfName(taken)).toContain(`'${taken}' is taken`)
})

it('refuses S3 publishers that can publish nowhere [R192]', () => {
  const ofS3 = (more: object) =>
    problemsOf({
      Tasks: [
        {
          Name: 'main',
          Engine: { Type: 'noop' },
          Publisher: { Type: 's3', Params: { Bucket: 'b', Key: 'k', ...more } },
        },
      ],
    })[0]
  expect(ofS3({ Encoding: 'plain' })).toBeUndefined()
  expect(ofS3({ Key: '' })).toContain('invalid s3 params. key cannot be empty')
  expect(ofS3({ Encoding: 'zip' })).toContain("encoding must be either 'plain' or 'gzip'")
  expect(ofS3({ Endpoint: 'ftp://x' })).toContain('is no endpoint of S3')
})

it('refuses result paths whose patterns are none, or that no folder goes before [R141]', () => {
  const problemsWith = (...paths: string[]) =>
    problemsOf({
      Tasks: [
        {
          Name: 'main',
          Engine: { Type: 'noop' },
          Publisher: { Type: 'local' },
          InputSources: [],
          ResultPaths: paths.map((Path, n) => ({ Name: `r${n}`, Path })),
          Network: { Type: 'None' },
        },
      ],
    })
  const problem = (text: string) => [`task main validation failed: result path ${text}`]
  expect(problemsWith('/out', '/csv/*.csv', '/parts/**/part-*', '/out/deep/{a,b}/[!.]*')).toEqual([])
  expect(problemsWith('/out/[a')).toEqual(problem('"/out/[a" has a [ without its ]: to mean the character write \\['))
  const needsFolder = 'needs a folder before its first wildcard, such as /outputs/*.csv'
  for (const path of ['/*.csv', '//**', '/./{a,b}/c'])
    expect(problemsWith(path)).toEqual(problem(`"${path}" ${needsFolder}`))
  expect(problemsWith('out/*')).toEqual(problem('"out/*" must be absolute'))
  expect(problemsWith('*')).toEqual(problem('"*" must be absolute'))
  expect(problemsWith('/out/*/../x')).toEqual(problem('"/out/*/../x" must not contain ..'))
  expect(problemsWith('/proc/*')).toEqual(problem('/proc/* lies in a system folder'))
  const cure = 'another result path has its folder; one pattern names several kinds, such as /out/{*.csv,*.json}'
  expect(problemsWith('/out/*.csv', '/out/*.json')).toEqual(problem(`'/out/*.json' cannot be added: ${cure}`))
  expect(problemsWith('/out/*.csv', '/out')).toEqual(problem(`'/out' already exists`))
})
