import { globSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { type Misdeed, S3Server } from '../../kit/s3-server.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'
import { expectTold, oneLine, type ToldFailure } from './told-failure.ts'

const Bucket = 'faults'
type Row = ToldFailure & {
  input: { Bucket?: string; Key: string; ChecksumSHA256?: string; Filter?: string; Endpoint?: string }
  /** What the store does at every key of this name. */
  misdeed?: Misdeed
  keys?: readonly string[]
}

const oneKey = (name: string): Pick<Row, 'input' | 'keys'> => ({ input: { Key: `${name}/a` }, keys: [`${name}/a`] })
const rows: Record<string, Row> = {
  'a bucket that is not there': {
    input: { Bucket: 'nowhere', Key: 'a/' },
    class: 'user',
    reason: 'NoSuchBucket',
    hint: 'the name of the bucket',
  },
  'an object in a bucket that is not there': {
    input: { Bucket: 'nowhere', Key: 'a' },
    class: 'user',
    reason: 'NoSuchBucket',
    hint: 'the name of the bucket',
  },
  'a filter that is none': {
    input: { Key: 'a/', Filter: '[' },
    class: 'user',
    reason: 'invalid regex pattern: error parsing regexp',
  },
  'a store where nobody listens': {
    input: { Key: 'a/', Endpoint: 'http://127.0.0.1:1' },
    class: 'transient',
    reason: 'ECONNREFUSED',
    hint: 'or its proxy, reaches it',
  },
  'a key that is not there': { input: { Key: 'nothing' }, class: 'user', reason: 'NoSuchKey', hint: 'Check the key' },
  'a store that forbids it': {
    ...oneKey('forbidden'),
    misdeed: { refuses: 403, code: 'AccessDenied' },
    class: 'user',
    reason: 'AccessDenied',
    hint: 'the owner of the bucket grants it',
  },
  'the wrong region': {
    ...oneKey('region'),
    misdeed: { refuses: 400, code: 'AuthorizationHeaderMalformed' },
    class: 'user',
    reason: 'AuthorizationHeaderMalformed',
    hint: 'Check the region',
  },
  'credentials that have expired': {
    ...oneKey('expired'),
    misdeed: { refuses: 400, code: 'ExpiredToken' },
    class: 'node',
    reason: 'ExpiredToken',
    hint: 'its operator renews them',
  },
  'a clock that cannot be made up for': {
    ...oneKey('skewed'),
    misdeed: { refuses: 403, code: 'RequestTimeTooSkewed' },
    class: 'node',
    reason: 'RequestTimeTooSkewed',
    hint: 'clock is wrong',
  },
  'a store that is broken': {
    ...oneKey('broken'),
    misdeed: { refuses: 500 },
    class: 'transient',
    reason: 'status 500',
  },
  'a store that is busy': {
    ...oneKey('busy'),
    misdeed: { refuses: 503, code: 'SlowDown' },
    class: 'transient',
    reason: 'status 503',
  },
  'a store that says nothing': { ...oneKey('silent'), misdeed: 'silent', class: 'transient', reason: 'Timeout' },
  'answers that break off at once': {
    ...oneKey('half'),
    misdeed: { hangsUpAfter: 0 },
    class: 'transient',
    reason: 'other side closed',
  },
  'another content than was asked for': {
    ...oneKey('lie'),
    input: { Key: 'lie/a', ChecksumSHA256: 'AAAA' },
    misdeed: 'lies',
    class: 'user',
    reason: 'checksum mismatch for s3://faults/lie/a, expected AAAA',
  },
  'two objects of one name': {
    input: { Key: 'twice/' },
    keys: ['twice/a', 'twice/a/b'],
    class: 'user',
    reason: 'another object of this input has the same name',
    hint: 'A Filter, or a longer Key',
  },
  'a way out of the folder': {
    input: { Key: 'out/' },
    keys: ['out/../../a'],
    class: 'user',
    reason: 'leads out of its folder',
  },
}

/** How often keys that begin so are refused before they are taken. */
const awayFor: Record<string, number> = {}
function away(key: string): Misdeed | undefined {
  const name = Object.keys(awayFor).find((prefix) => key.startsWith(prefix))
  return name !== undefined && awayFor[name]!-- > 0 ? { refuses: 503, code: 'ServiceUnavailable' } : undefined
}

/** How often the credentials of the node are too old for keys that begin so. */
const expiredFor: Record<string, number> = { 'renewed/': 1 }
function expired(key: string): Misdeed | undefined {
  const name = Object.keys(expiredFor).find((prefix) => key.startsWith(prefix))
  return name !== undefined && expiredFor[name]!-- > 0 ? { refuses: 400, code: 'ExpiredToken' } : undefined
}

/** The prefix of each page of a list that was asked for. */
const listed: string[] = []

let store: S3Server
let product: Product
let server: Server
beforeAll(async () => {
  store = await S3Server.start()
  store.buckets.make(Bucket)
  for (const { keys = [] } of Object.values(rows)) {
    for (const key of keys) store.buckets.put(Bucket, key, `content of ${key}`)
  }
  store.misdeed = ({ key, query }) => {
    if (key === '') listed.push(query.get('prefix') ?? '')
    return misdeedAt(key)
  }
  const misdeedAt = (key: string) =>
    Object.values(rows).find(({ keys }) => keys?.includes(key))?.misdeed ?? away(key) ?? expired(key)
  product = await Product.start()
  server = await product.serve({
    settings: { 'Compute.S3.TrustedEndpoints': store.endpoint, 'InputSources.ReadTimeout': '3s' },
    env: { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
  })
})
afterAll(async () => {
  await product?.stop()
  await store.close()
})

const place = (params: object) => ({
  Type: 's3',
  Params: { Bucket, Endpoint: store.endpoint, Region: 'us-east-1', ...params },
})
const jobWith = (task: object, words = ['list', '/in']) =>
  toolJob(words, { job: { Reschedule: { Attempts: 1 } }, task })
const jobOn = (params: object) => jobWith({ InputSources: [{ Source: place(params), Target: '/in' }] })
const endOf = async (id: string) => {
  const shown = await ended(server.port, id, 60_000)
  return { state: shown.Job.State, execution: shown.Executions.Items[0]! }
}
const resultOf = async (id: string) => {
  const folder = await server.got(id)
  const [stdout, exitCode] = await Promise.all(
    ['stdout', 'exitCode'].map((name) => readFile(join(folder, name), 'utf8')),
  )
  return { stdout, exitCode }
}

describe('a job with an input from S3 says what is wrong, whose fault it is and what helps', () => {
  it.concurrent.each(Object.entries(rows))('%s [R169, R173]', async (_name, row) => {
    const id = await server.submit(jobOn(row.input))
    await expectTold(server, id, row)
  })
})

describe('a job with S3 loses nothing', () => {
  it('when one of its partitions fails: that one alone is tried again, and the prefix is listed once for all [R169]', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const name of names) store.buckets.put(Bucket, `parts/${name}.txt`, name)
    // One request of ours and those that the client makes of it by itself.
    awayFor['parts/c'] = 5
    const Source = place({ Key: 'parts/', Partition: { Type: 'object' } })
    const task = { InputSources: [{ Source, Target: '/in' }] }
    const id = await server.submit(toolJob(['list', '/in'], { job: { Count: 3, Reschedule: { Delay: 1 } }, task }))
    const { Job, Executions } = await ended(server.port, id, 60_000)
    expect(Job.State.StateType).toBe('Completed')
    const { Items: items } = Executions
    const failed = items.filter(({ FailureClass }) => FailureClass)
    expect(failed).toMatchObject([{ FailureClass: 'transient' }])
    const twice = failed[0]?.PartitionIndex ?? 0
    expect(items.map(({ PartitionIndex = 0 }) => PartitionIndex).sort()).toEqual([0, 1, 2, twice].sort())
    const seen = items.filter((each) => !failed.includes(each)).map(({ RunOutput }) => RunOutput?.Stdout)
    expect(
      seen
        .join('')
        .match(/\w\.txt/g)
        ?.sort(),
    ).toEqual(names.map((name) => `${name}.txt`))
    expect(listed.filter((prefix) => prefix === 'parts/')).toHaveLength(1)
  })

  it('of names that no shell likes, and has an empty folder for a prefix without objects [R171]', async () => {
    const names = ['é☃ and space', 'new\nline', '%41&?#+', 'ends with blank ']
    for (const name of names) store.buckets.put(Bucket, `names/${name}`, name)
    const shown = await Promise.all(
      ['names/', 'no-such-prefix/'].map(async (Key) => endOf(await server.submit(jobOn({ Key })))),
    )
    expect(shown.map(({ state }) => state.StateType)).toEqual(['Completed', 'Completed'])
    const [all = '', none] = shown.map(({ execution }) => execution.RunOutput?.Stdout)
    for (const name of names) expect(all).toContain(name)
    expect(none).toBe('.\n..\n')
  })

  it('when its store is away at the end: the result is kept, the history says so, and it is published [R196]', async () => {
    // More than the client asks again by itself for three files.
    awayFor['later/'] = 14
    const Publisher = place({ Key: 'later/{executionID}', Encoding: 'plain' })
    const id = await server.submit(jobWith({ Publisher }, ['print', 'kept', '', '0']))
    const { state, execution } = await endOf(id)
    expect(state.StateType).toBe('Completed')
    expect(store.buckets.get(Bucket, `later/${execution.ID}/stdout`)?.bytes.toString()).toBe('kept')
    const told = oneLine('The result is kept here and published again in')
    expect(oneLine(await server.ok(['job', 'describe', id]))).toContain(told)
    expect(oneLine(await server.ok(['job', 'history', id]))).toContain(told)
  })

  it('when its node is killed while its store is away at the end: nothing is done again but publishing', async () => {
    awayFor['killed/'] = Number.POSITIVE_INFINITY
    const id = await server.submit(
      jobWith({ Publisher: place({ Key: 'killed/{executionID}', Encoding: 'plain' }) }, ['print', 'once', '', '7']),
    )
    await until('its result waits', async () => /published again/.test(await server.ok(['job', 'history', id])), 60_000)
    await server.stop('SIGKILL')
    await server.start()
    awayFor['killed/'] = 0
    const { Job, Executions } = await ended(server.port, id, 60_000)
    expect(Job.State.StateType).toBe('Completed')
    const { Items } = Executions
    expect(Items.map(({ RunOutput }) => [RunOutput?.ExitCode, RunOutput?.Stdout])).toEqual([[7, 'once']])
    expect(store.buckets.get(Bucket, `killed/${Items[0]!.ID}/exitCode`)?.bytes.toString()).toBe('7')
  })

  it('when its machine goes down while its store is away at the end: what was never synced may be gone, the result is not', async () => {
    awayFor['down/'] = Number.POSITIVE_INFINITY
    const Publisher = place({ Key: 'down/{executionID}', Encoding: 'plain' })
    const id = await server.submit(jobWith({ Publisher }, ['print', 'once', '', '7']))
    const ofAll = (name: string) =>
      globSync(`**/${name}`, { cwd: product.folder }).map((each) => join(product.folder, each))
    const endings = () => ofAll('running/*/ended')
    const isSynced = async () => (await readFile(endings()[0] ?? '/dev/null', 'utf8')) === 'synced 7\n'
    await until('its result is on the disk', isSynced, 60_000)
    await server.stop('SIGKILL')
    const executionId = basename(dirname(endings()[0]!))
    for (const log of ofAll(`logs/${executionId}*`)) await rm(log, { recursive: true })
    await server.start()
    awayFor['down/'] = 0
    const { Job, Executions } = await ended(server.port, id, 60_000)
    expect(Job.State.StateType).toBe('Completed')
    expect(Executions.Items.map(({ RunOutput }) => [RunOutput?.ExitCode, RunOutput?.Stdout])).toEqual([[7, 'once']])
    expect(store.buckets.get(Bucket, `down/${executionId}/stdout`)?.bytes.toString()).toBe('once')
  })

  it('when its store is away for longer than its program may run', async () => {
    awayFor['long/'] = Number.POSITIVE_INFINITY
    const Publisher = place({ Key: 'long/{executionID}' })
    const print = ['print', 'in time', '', '0']
    const within = (Timeouts: object) => server.submit(jobWith({ Publisher, Timeouts }, print))
    const [own, total] = await Promise.all([within({ ExecutionTimeout: 3 }), within({ TotalTimeout: 3 })])
    const late = await endOf(total)
    expect(late.state.StateType).toBe('Failed')
    expect(late.execution.ComputeState.Message).toMatch(/timed out after 3s .*the orchestrator keeps the result/)
    expect(await resultOf(total)).toEqual({ stdout: 'in time', exitCode: '0' })
    awayFor['long/'] = 0
    expect((await endOf(own)).state.StateType).toBe('Completed')
  })

  it('when its result cannot be published: it says so at once, and the orchestrator keeps the result', async () => {
    const Publisher = place({ Key: 'x', Bucket: 'nowhere' })
    const id = await server.submit(jobWith({ Publisher }, ['print', 'not lost', '', '0']))
    const { state } = await endOf(id)
    expect(state).toMatchObject({ StateType: 'Failed', Message: expect.stringContaining('NoSuchBucket') })
    expect(state.Message).toContain('class user')
    expect(state.Message).toContain('the orchestrator keeps the result')
    expect(await resultOf(id)).toEqual({ stdout: 'not lost', exitCode: '0' })
  })

  it('when the credentials of the node were too old at the end: the next attempt publishes what the orchestrator has kept', async () => {
    const task = { Publisher: place({ Key: 'renewed/{executionID}.tar.gz' }) }
    const Reschedule = { Attempts: 2, Delay: 1 }
    const id = await server.submit(toolJob(['print', 'once', '', '7'], { job: { Reschedule }, task }))
    const { Job, Executions } = await ended(server.port, id, 60_000)
    expect(Job.State.StateType).toBe('Completed')
    expect(Executions.Items).toMatchObject([
      { FailureClass: 'node', PublishedResult: { Type: 'link' } },
      { KeptResult: { Type: 'link' }, PublishedResult: { Type: 's3' }, RunOutput: { ExitCode: 7, Stdout: 'once' } },
    ])
    const history = oneLine(await server.ok(['job', 'history', id]))
    expect(history).toContain(oneLine('does not run again'))
    expect(await resultOf(id)).toEqual({ stdout: 'once', exitCode: '7' })
  })

  it('of an execution that failed, where it asks for what that has left [X1]', async () => {
    const task = { FailOnExitCode: true, PublishOnFailure: true, Publisher: { Type: 'link' } }
    const id = await server.submit(jobWith(task, ['print', 'the reason', '', '3']))
    expect(await endOf(id)).toMatchObject({ state: { StateType: 'Failed' } })
    expect(await resultOf(id)).toEqual({ stdout: 'the reason', exitCode: '3' })
    const slow = { ...task, Timeouts: { ExecutionTimeout: 1 } }
    const late = await server.submit(jobWith(slow, ['sleep', '600000']))
    const { state } = await endOf(late)
    expect(state).toMatchObject({ StateType: 'Failed', Message: expect.stringContaining('timed out') })
    expect(await resultOf(late)).toMatchObject({ exitCode: expect.stringMatching(/^[1-9]/) })
  })
})
