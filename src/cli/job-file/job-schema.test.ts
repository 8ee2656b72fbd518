import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageOf } from '#lib/fault.ts'
import { readYaml } from '#lib/yaml/read-yaml.ts'
import { absent, goldensDir } from '../../../test/kit/vectors.ts'
import { jobFileSchema } from './job-schema.ts'
import { parseJob } from './parse-job.ts'

const ajv = new Ajv2020({ strictTypes: false, strictRequired: false, allErrors: true, formats: { int64: true } })
const validate = ajv.compile(jobFileSchema())

/** What the schema has against a file; empty = nothing. */
const bySchema = (text: string): string =>
  validate(JSON.parse(JSON.stringify(readYaml(text).value ?? null))) ? '' : ajv.errorsText(validate.errors)
/** What the program has. */
function byProgram(text: string): string {
  try {
    parseJob(text)
    return ''
  } catch (error) {
    return messageOf(error)
  }
}

const job = (change: object = {}, task: object = {}) => ({
  Type: 'batch',
  Tasks: [{ Name: 'main', Engine: { Type: 'docker', Params: { Image: 'busybox' } }, ...task }],
  ...change,
})
const source = (Type: string, Params: object) => ({ Source: { Type, Params }, Target: '/in' })

const results = { Publisher: { Type: 'local' } }

const right: Record<string, object> = {
  'the least': job(),
  'every type': job({ Type: 'daemon', Labels: { a: 'b' }, Meta: { c: 'd' }, Namespace: 'n', Priority: -3 }),
  'constraints of every kind': job({
    Constraints: [
      { Key: 'zone', Operator: 'in', Values: ['a', 'b'] },
      { Key: 'gpu', Operator: '!' },
      { Key: 'size', Operator: 'gt', Values: ['5'] },
    ],
  }),
  'our own fields': job(
    {
      MaxPerNode: 1,
      Delivery: 'AtMostOnce',
      Disconnect: { LostAfter: 5 },
      Reschedule: { Attempts: 3, Classes: ['user'] },
    },
    { FailOnExitCode: true, PublishOnFailure: true, StopGrace: 0 },
  ),
  'amounts and limits': job(
    {},
    {
      Resources: { CPU: '500m', Memory: '1.5 GiB', Disk: '10Gb', GPU: '1' },
      Timeouts: { ExecutionTimeout: 60, TotalTimeout: 120 },
    },
  ),
  'a network': job({}, { Network: { Type: 'Bridge', Ports: [{ Name: 'web', Static: 8080, Target: 80 }] } }),
  'inputs and results': job(
    {},
    {
      InputSources: [
        source('urlDownload', { URL: 'https://example.org/a' }),
        { ...source('inline', { URL: 'data:,a' }), Target: '/b' },
      ],
      ResultPaths: [{ Name: 'out', Path: '/out' }],
      Publisher: { Type: 'local' },
    },
  ),
  'an engine that we do not know': job({}, { Engine: { Type: 'quantum', Params: { Qubits: 3 } } }),
}

const wrong: Record<string, object> = {
  'no type': { ...job(), Type: undefined },
  'a type that does not exist': job({ Type: 'bananas' }),
  'no tasks': { Type: 'batch' },
  'tasks that are no list': job({ Tasks: { Name: 'main' } }),
  'a count as text': job({ Count: 'two' }),
  'a count below zero': job({ Count: -1 }),
  'a count with a fraction': job({ Count: 1.5 }),
  'an unknown field at the top': job({ Flavour: 'mint' }),
  'an unknown field in a task': job({}, { Egine: {} }),
  'a field that the system writes': job({ ID: 'j-1' }),
  'a task without a name': job({}, { Name: undefined }),
  'a task without an engine': job({}, { Engine: undefined }),
  'an engine without a type': job({}, { Engine: { Params: {} } }),
  'a label that is no text': job({ Labels: { a: 1 } }),
  'a network that does not exist': job({}, { Network: { Type: 'Wormhole' } }),
  'an amount that is none': job({}, { Resources: { CPU: 'lots' } }),
  'an amount as a number': job({}, { Resources: { CPU: 1 } }),
  'a limit below zero': job({}, { Timeouts: { QueueTimeout: -1 } }),
  'an input without a target': job({}, { InputSources: [{ Source: { Type: 'inline', Params: { URL: 'data:,a' } } }] }),
  'results without a publisher': job({}, { ResultPaths: [{ Name: 'a', Path: '/a' }] }),
  'an operator without values': job({ Constraints: [{ Key: 'a', Operator: 'in' }] }),
  'an operator with too many values': job({ Constraints: [{ Key: 'a', Operator: '=', Values: ['a', 'b'] }] }),
  'a path that is not absolute': job({}, { ...results, ResultPaths: [{ Name: 'a', Path: 'a' }] }),
  'a way up': job({}, { InputSources: [{ ...source('inline', { URL: 'data:,a' }), Target: '/a/../../etc' }] }),
  'a folder of the system': job({}, { InputSources: [{ ...source('inline', { URL: 'data:,a' }), Target: '/proc/1' }] }),
  'a result whose name is a path': job({}, { ...results, ResultPaths: [{ Name: '../a', Path: '/a' }] }),
  'a variable of ours': job({}, { Env: { BACALHAU_X: '1' } }),
  'a variable that no shell has': job({}, { Env: { 'a-b': '1' } }),
  'a label that no node can have': job({ Constraints: [{ Key: 'a b', Operator: 'exists' }] }),
  'a number that is none': job({ Constraints: [{ Key: 'a', Operator: 'gt', Values: ['b'] }] }),
  'ports without a network': job({}, { Network: { Type: 'None', Ports: [{ Name: 'web' }] } }),
  'a port of the system': job({}, { Network: { Type: 'Host', Ports: [{ Name: 'web', Static: 80 }] } }),
  'a failure class that does not exist': job({ Reschedule: { Classes: ['bad luck'] } }),
}

describe('the schema of job files', () => {
  it.each(Object.entries(right))('takes %s, as job validate does', (_, file) => {
    const text = JSON.stringify(file)
    expect([bySchema(text), byProgram(text)]).toEqual(['', ''])
  })

  it.each(Object.entries(wrong))('refuses %s, as job validate does', (_, file) => {
    const text = JSON.stringify(file)
    expect([bySchema(text) !== '', byProgram(text) !== '']).toEqual([true, true])
  })

  it('takes nothing that job validate refuses, whatever is put in the place of a part', () => {
    const part = fc.oneof(
      fc.constantFrom(
        null,
        true,
        0,
        -1,
        1.5,
        2 ** 40,
        '',
        ' ',
        'x',
        '/x',
        'env:A',
        'a\\0b',
        [],
        [null],
        [[]],
        {},
        { Type: 'noop' },
      ),
      fc.constantFrom(...Object.values(right).flatMap((file) => places(file).map(({ value }) => value))),
    )
    let taken = 0
    const isRight = fc.property(fc.constantFrom(...Object.values(right)), fc.nat(), part, (file, at, value) => {
      const all = places(file)
      const text = JSON.stringify(replaced(file, all[at % all.length]!.path, value))
      if (bySchema(text) !== '') return
      taken++
      expect(byProgram(text), text).toMatch(beyondSchemas)
    })
    fc.assert(isRight, { numRuns: 2_000 })
    expect(taken).toBeGreaterThan(100)
  })

  it('refuses parameters that the server will refuse', () => {
    const refused = [
      job({}, { Engine: { Type: 'docker', Params: {} } }),
      job({}, { Engine: { Type: 'docker', Params: { Image: 'a', Entrypoint: 'sh' } } }),
      job({}, { InputSources: [source('urlDownload', { URL: 'ftp://example.org' })] }),
      job({}, { InputSources: [source('s3', { Key: 'a' })] }),
    ]
    expect(refused.map((file) => bySchema(JSON.stringify(file)) !== '')).toEqual([true, true, true, true])
  })

  it('tells of every field what it means', () => {
    const { properties, $defs } = jobFileSchema() as any
    const fields = [properties, ...Object.values<any>($defs).map((each) => each.properties)].flatMap(Object.entries)
    expect(fields.length).toBeGreaterThan(50)
    expect(fields.filter(([, { description }]) => !description).map(([name]) => name)).toEqual([])
  })
})

/** Nothing, or what compares parts with each other, which no schema can, and names of hosts. */
const beyondSchemas =
  /^$|should be less than total timeout|already exist|duplicate port|for Host network mode|invalid domain|IP address/

type Place = { path: (string | number)[]; value: unknown }

/** Every part of a value, itself left out. */
const places = (value: unknown): Place[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, each]): Place[] => [
        { path: [key], value: each },
        ...places(each).map(({ path, value }) => ({ path: [key, ...path], value })),
      ])

function replaced(file: object, path: Place['path'], value: unknown): object {
  const copy = structuredClone(file)
  let at = copy as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>
  at[path.at(-1)!] = value
  return copy
}

const folder = join(goldensDir(), 'cli/fixtures')
if (!existsSync(folder)) absent('cli/fixtures')
else {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    // One is a template, one is no YAML.
    (name) => /\.(?:yaml|json)$/.test(name) && !/(?:tmpl|bad-syntax)\.yaml$/.test(name),
  )
  describe('the recorded job files', () => {
    it.each(files)('%s: schema and job validate agree', (name) => {
      const text = readFileSync(join(folder, name), 'utf8').replaceAll('{{DIR}}', '/dir')
      expect(bySchema(text) === '', bySchema(text)).toBe(byProgram(text) === '')
    })
  })
}
