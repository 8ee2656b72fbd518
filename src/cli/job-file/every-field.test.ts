import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { jobShape } from '#models/job.schema.ts'
import type { Outline } from '#models/outline.ts'
import { type Path, pathText } from '#models/problem.ts'
import { parseJob } from './parse-job.ts'

/** A right job in which every field stands that people write. */
const whole = {
  Name: 'whole',
  Namespace: 'n',
  Type: 'batch',
  Priority: 1,
  Count: 2,
  Constraints: [{ Key: 'zone', Operator: 'in', Values: ['a'] }],
  Meta: { a: 'b' },
  Labels: { a: 'b' },
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'docker', Params: { Image: 'busybox' } },
      Publisher: { Type: 's3', Params: { Bucket: 'b', Key: 'k' } },
      Env: { A: 'b' },
      Meta: { a: 'b' },
      InputSources: [{ Source: { Type: 'inline', Params: { URL: 'data:,a' } }, Alias: 'a', Target: '/in' }],
      ResultPaths: [{ Name: 'out', Path: '/out' }],
      Resources: { CPU: '1', Memory: '1Gb', Disk: '1Gb', GPU: '1' },
      Network: {
        Type: 'Bridge',
        Domains: ['example.org'],
        Ports: [{ Name: 'web', Static: 8080, Target: 80, HostNetwork: '127.0.0.1' }],
      },
      Timeouts: { ExecutionTimeout: 1, QueueTimeout: 2, TotalTimeout: 9 },
      FailOnExitCode: true,
      PublishOnFailure: true,
      StopGrace: 3,
    },
  ],
  MaxPerNode: 1,
  Reschedule: {
    Attempts: 2,
    Delay: 1,
    MaxDelay: 2,
    Backoff: 'constant',
    Deadline: 3,
    Classes: ['resource'],
    MoreMemory: 50,
  },
  Disconnect: { LostAfter: 1 },
  Delivery: 'AtMostOnce',
}

/** Every field of the table, and every object that has fields. */
function placesOf(outline: Outline, path: Path = []): { fields: Path[]; objects: Path[] } {
  const parts = outline.item
    ? [placesOf(outline.item, [...path, 0])]
    : Object.entries(outline.fields ?? {})
        .filter(([, { note }]) => !note?.isSystem)
        .map(([name, each]) => placesOf(each, [...path, name]))
  return {
    fields: [...(path.length > 0 ? [path] : []), ...parts.flatMap(({ fields }) => fields)],
    objects: [...(outline.fields ? [path] : []), ...parts.flatMap(({ objects }) => objects)],
  }
}

const { fields, objects } = placesOf(jobShape)
const valueAt = (value: unknown, path: Path): any => path.reduce((at: any, step) => at?.[step], value)

function changed(path: Path, value: unknown): object {
  const copy = structuredClone(whole)
  valueAt(copy, path.slice(0, -1))[path.at(-1)!] = value
  return copy
}

function faultOf(job: object): Fault {
  try {
    parseJob(JSON.stringify(job, null, 1))
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('was taken')
}

/** A value of a kind that a field with this one cannot have. */
const ofWrongKind = (value: unknown): unknown => (typeof value === 'string' ? 7 : typeof value === 'object' ? 'x' : [])

describe('every field of a job', () => {
  it('is in the job that these tests change, which is right and has no idle part but its domains', () => {
    expect(fields.length).toBeGreaterThan(60)
    expect(fields.filter((path) => valueAt(whole, path) === undefined)).toEqual([])
    expect(parseJob(JSON.stringify(whole)).warnings.map(({ plain }) => plain)).toEqual([
      'Tasks[0].Network.Domains has no effect with network Bridge',
    ])
  })

  it.each(fields.map((path) => [pathText(path), path] as const))(
    '%s is refused with a value of the wrong kind, at its place',
    (name, path) => {
      const { details, hint } = faultOf(changed(path, ofWrongKind(valueAt(whole, path))))
      expect(Object.keys(details ?? {})).toContain(name)
      expect(hint).toMatch(/line \d+, column \d+/)
    },
  )

  it.each(objects.map((path) => [pathText([...path, 'Flavour']), [...path, 'Flavour']] as const))(
    '%s is refused as unknown, at its place, and nothing else with it',
    (name, path) => {
      const { details, hint } = faultOf(changed(path, 'mint'))
      expect(Object.keys(details ?? {})).toEqual([name])
      expect(hint).toMatch(/line \d+, column \d+\): (?:known here|do you mean)/)
    },
  )
})

const component = (place: 'Engine' | 'Publisher' | 'Source', Type: string, Params: object): object =>
  changed(['Tasks', 0, ...(place === 'Source' ? ['InputSources', 0, 'Source'] : [place])], { Type, Params })

describe('parameters of components', () => {
  it.each([
    ['Engine', 'docker', { Image: 1, Entrypoint: 'a', Parameters: [1], EnvironmentVariables: {}, WorkingDirectory: 1 }],
    ['Engine', 'wasm', { Entrypoint: 1, Parameters: 'a', EntryModule: '' }],
    ['Publisher', 's3', { Bucket: 1, Key: 1, Region: 1, Endpoint: 1, Encoding: 1 }],
    ['Source', 's3', { Bucket: 1, Key: 1, Region: 1, Endpoint: 1, Filter: 1, VersionID: 1, ChecksumSHA256: 1 }],
    ['Source', 'urlDownload', { URL: 1 }],
    ['Source', 'inline', { URL: 1 }],
    ['Source', 'ipfs', { CID: 1 }],
    ['Source', 'localDirectory', { SourcePath: 1 }],
  ] as const)('of %s %s are all told when they are wrong, each with its path', (place, type, params) => {
    const { details = {} } = faultOf(component(place, type, params))
    const told = Object.keys(details).flatMap((path) => /\.Params\.(\w+)$/.exec(path)?.[1] ?? [])
    expect(told.toSorted()).toEqual(Object.keys(params).toSorted())
  })
})
