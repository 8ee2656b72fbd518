import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  allowedFixtures,
  localInput,
  modulePath,
  moduleSource,
  Product,
  type Server,
  toolJob,
} from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended, type ShownJob } from '../crash/processes.ts'

let product: Product
let server: Server

const limitMs = 120_000
const gigabyte = 1_000_000_000

beforeAll(async () => {
  product = await Product.start()
  await product.file('outside/secret', 'only for the host')
  await product.file('data/plain', 'plain')
  symlinkSync('../outside', join(product.folder, 'data/out'))
  server = await product.serve({
    settings: {
      'Compute.AllowListedLocalPaths': `${allowedFixtures},${product.folder}/data/**`,
      'Compute.Logs.MaxSize': '4MiB',
      // All of them at once, which is a part of what is asked.
      'Compute.AllocatedCapacity.CPU': '100',
      'Compute.AllocatedCapacity.Memory': '100Gb',
      'Compute.AllocatedCapacity.Disk': '100Gb',
    },
  })
}, limitMs)
afterAll(() => product?.stop())

type Case = { job: object; state: string; class?: string; reason?: RegExp; exitCode?: number; stdout?: RegExp }

const program = (EntryModule: object, params: object = {}, task: object = {}) =>
  toolJob([], { params: { EntryModule, ...params }, task })
const inline = (bytes: Uint8Array) => ({
  Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${Buffer.from(bytes).toString('base64')}` } },
  Target: '/main.wasm',
})
const fixture = (name: string) => readFileSync(modulePath(name))
const input = (name: string, Alias: string) => ({ ...moduleSource(name), Alias })
const data = () => ({
  InputSources: [localInput(join(product.folder, 'data'), '/data')],
})
const attack = (...Parameters: string[]) => program(moduleSource('attacks.wasm'), { Parameters })
const component = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])

/** What is tried again once counts as `transient`: that a program was slow may be its node's doing. */
const cases: Record<string, () => Case> = {
  'what is no module': () => ({
    job: program(inline(Buffer.from('Name: job\n'))),
    state: 'Failed',
    class: 'user',
    reason: /invalid magic number/,
  }),
  'a module that was cut off': () => ({
    job: program(inline(fixture('hello.wasm').subarray(0, 120))),
    state: 'Failed',
    class: 'user',
    reason: /section \d+ at byte \d+ has \d+ bytes, of which \d+ are there/,
  }),
  'a component of preview 2': () => ({
    job: program(inline(component)),
    state: 'Failed',
    class: 'user',
    reason: /component.*preview ?1/is,
  }),
  'an import that WASI has not': () => ({
    job: program(moduleSource('link-wrong.wasm')),
    state: 'Failed',
    class: 'user',
    reason: /"fd_fly" is not exported in module "wasi_snapshot_preview1"/,
  }),
  'an import of no module': () => ({
    job: program(moduleSource('link-main.wasm')),
    state: 'Failed',
    class: 'user',
    reason: /could not find WASM module with name "lib"/,
  }),
  'modules that import each other': () => ({
    job: program(moduleSource('link-main.wasm'), {}, { InputSources: [input('link-circle.wasm', 'lib')] }),
    state: 'Failed',
    class: 'user',
    reason: /import each other in a circle/,
  }),
  'an entrypoint that is not there': () => ({
    job: program(moduleSource('hello.wasm'), { Entrypoint: 'nope' }),
    state: 'Failed',
    class: 'user',
    reason: /unable to find the entrypoint 'nope'/,
  }),
  'a trap': () => ({
    job: program(moduleSource('trap.wasm')),
    state: 'Failed',
    class: 'user',
    reason: /wasm error: unreachable\nwasm stack trace:/,
    exitCode: 1,
  }),
  'endless recursion': () => ({
    job: program(moduleSource('trap.wasm'), { Entrypoint: 'recurse' }),
    state: 'Failed',
    class: 'user',
    reason: /wasm error: stack overflow/,
    exitCode: 1,
  }),
  'endless recursion with a stack in the memory': () => ({
    job: program(moduleSource('trap.wasm'), { Entrypoint: 'sink' }),
    state: 'Failed',
    class: 'user',
    reason:
      /wasm error: out of bounds memory access \(after many calls .* a recursion without an end\)\nwasm stack trace:/,
    exitCode: 1,
  }),
  'an endless loop': () => ({
    job: program(moduleSource('loop.wasm'), {}, { Timeouts: { ExecutionTimeout: 1 } }),
    state: 'Failed',
    class: 'transient',
    reason: /Execution timed out after 1s/,
    exitCode: 137,
  }),
  'a program that takes all memory': () => ({
    job: toolJob(['eat'], { task: { Resources: { Memory: '32Mb' } } }),
    state: 'Completed',
    exitCode: 9,
    stdout: /^before\n(?:2\d|30) MiB\n$/,
  }),
  'a program that breaks off when it gets no more memory': () => ({
    job: program(moduleSource('grow.wasm'), { Entrypoint: 'or_break' }, { Resources: { Memory: '32Mb' } }),
    state: 'Failed',
    class: 'resource',
    reason:
      /wasm error: unreachable \(it had \d+ MiB of the \d+ MiB of memory it may have, and was refused 1\.0 MiB more\)\nwasm stack trace:/,
    exitCode: 1,
  }),
  'a module that begins with more memory than its job has': () => ({
    job: toolJob(['eat'], { task: { Resources: { Memory: '64Kb' } } }),
    state: 'Failed',
    class: 'resource',
    reason: /memory: min \d+ pages \(.*\) over limit of \d pages/,
  }),
  'a program that fills the disk': () => ({
    job: toolJob(['fill', '/out/file', '50000000', 'append'], {
      task: { ResultPaths: [{ Name: 'out', Path: '/out' }], Publisher: { Type: 'local' }, Resources: { Disk: '1Mb' } },
    }),
    state: 'Failed',
    class: 'resource',
    reason: /disk limit exceeded/,
  }),
  'a gigabyte without a newline': () => ({
    job: attack('line', String(gigabyte)),
    state: 'Completed',
    exitCode: 0,
    stdout: /^x{2048}$/,
  }),
  'bytes that are no text': () => ({
    job: attack('bytes'),
    state: 'Completed',
    exitCode: 0,
    stdout: new RegExp(`^${String.fromCharCode(0, 1, 2)}`),
  }),
  'a program that reads the host’s files by their paths': () => ({
    job: attack('out', join(product.folder, 'outside/secret'), 'outside/secret'),
    state: 'Completed',
    exitCode: 0,
    stdout: /^(refused [^\n]*\n)+$/,
  }),
  'an input with a link that leads out of it': () => ({
    job: toolJob(['cat', '/data/out/secret'], { task: data() }),
    state: 'Completed',
    exitCode: 1,
    stdout: /^$/,
  }),
}

describe('bad WASM programs, all at once', { timeout: limitMs }, () => {
  const ends = new Map<string, Promise<ShownJob>>()
  beforeAll(async () => {
    for (const [name, make] of Object.entries(cases)) {
      const id = await server.submit(make().job)
      ends.set(name, ended(server.port, id, limitMs))
    }
  }, limitMs)

  it.each(Object.keys(cases))('%s ends with its own reason and class', async (name) => {
    const wanted = (cases[name] as () => Case)()
    const { Job, Executions } = (await ends.get(name))!
    const { FailureClass, ComputeState, RunOutput } = Executions.Items[0]!
    expect([Job.State.StateType, FailureClass]).toEqual([wanted.state, wanted.class])
    if (wanted.reason) expect(ComputeState.Message).toMatch(wanted.reason)
    if (wanted.exitCode !== undefined) expect(RunOutput?.ExitCode).toBe(wanted.exitCode)
    if (wanted.stdout) expect(RunOutput?.Stdout).toMatch(wanted.stdout)
    expect(JSON.stringify(Executions.Items)).not.toContain('only for the host')
  })

  it('a gigabyte without a newline is kept as far as a node keeps output, and its last words', async () => {
    const { Job } = (await ends.get('a gigabyte without a newline'))!
    const printed = await server.ok(['job', 'logs', Job.ID])
    const parts = /^(x+)\n\[a node keeps 4\.0 MiB of an execution: [^\]]*\]\n(x+)\n$/.exec(printed)
    // What is counted is the file, in which each piece has a header.
    expect(parts?.[1]?.length).toBeGreaterThan(4 * 1024 * 1024 - 64 * 1024)
    expect(parts?.[1]?.length).toBeLessThan(5 * 1024 * 1024)
    expect(parts?.[2]?.length).toBe(64 * 1024)
  })

  it('a service that prints more than a node keeps has its newest output kept', async () => {
    const id = await server.submit(toolJob(['flood', '4000000000', '65536'], { job: { Type: 'service' } }))
    await until('its oldest output has gone', async () =>
      /^\n\[\d+ MiB that were printed before this are not kept any more/.test(await server.ok(['job', 'logs', id])),
    )
    await server.ok(['job', 'stop', id])
    await ended(server.port, id, limitMs)
  })

  it('bytes that are no text are got as they were printed [F7]', async () => {
    const { Job } = (await ends.get('bytes that are no text'))!
    const into = join(product.folder, 'got-bytes')
    mkdirSync(into)
    await server.ok(['job', 'get', Job.ID, '--output-dir', into])
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    for (const name of ['stdout', 'stderr']) expect(readFileSync(join(into, name)).equals(every)).toBe(true)
  })

  it('leave the node as it was: everything is free again, its memory is small, and the next job runs', async () => {
    await Promise.all(ends.values())
    const id = await server.submit(toolJob(['print', 'fine\n', '', '0']))
    const { Executions } = await ended(server.port, id, limitMs)
    expect(Executions.Items[0]?.RunOutput?.Stdout).toBe('fine\n')
    const capacity = async () => (await server.http<Node>('GET', '/agent/node')).body.Info.ComputeNodeInfo
    await until('nothing is taken any more', async () => {
      const { MaxCapacity, AvailableCapacity } = await capacity()
      return AvailableCapacity.CPU === MaxCapacity.CPU && AvailableCapacity.Memory === MaxCapacity.Memory
    })
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? []
    expect(Number(kib)).toBeLessThan(400_000)
    expect(server.said).not.toMatch(/"level":(50|60)|FATAL|uncaught/i)
  })
})

type Amounts = { CPU?: number; Memory?: number }
type Node = { Info: { ComputeNodeInfo: { MaxCapacity: Amounts; AvailableCapacity: Amounts } } }
