import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

type Job = {
  ID: string
  Labels: Record<string, string>
  CreateTime: number
  State: { StateType: string; Message?: string }
}
type Execution = {
  ID: string
  NodeID: string
  CreateTime: number
  ModifyTime: number
  ComputeState: { StateType: number }
}
type Line = { Type: string; ExecutionID?: string; NodeID?: string; Time: string }

let product: Product
let server: Server
const ids: string[] = []

/** Five jobs that have ended, one after the other: of two executions each; the last one fails. */
beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
  const labels = [
    { environment: 'development', version: '1.5' },
    { environment: 'production', version: '2.5' },
    { environment: 'development', version: '3', project: 'x' },
    { bacalhau_canary: 'true' },
    {},
  ]
  for (const [n, Labels] of labels.entries()) {
    const params = n === 4 ? { Entrypoint: 'no_such_function' } : {}
    const id = await server.submit(toolJob(['print', `job ${n}`, '', '0'], { job: { Labels, Count: 2 }, params }))
    await ended(server.port, id)
    ids.push(id)
  }
})
afterAll(() => product?.stop())

const shortOf = (id = ''): string => id.slice(0, 10)
const rows = (table: string): string[][] =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/))
const listed = async (...args: string[]): Promise<string[]> =>
  (await server.json<Job[]>(['job', 'list', ...args])).map(({ ID }) => ID)
const [all, none] = [['--labels', ''], [] as string[]]

describe('job list', () => {
  it('shows ten jobs unless told, with their states, and leads to the next ones [R13, R22, R24]', async () => {
    const more = await Promise.all(
      Array.from({ length: 8 }, () =>
        server.submit(toolJob(['print', '', '', '0'], { job: { Labels: { more: 'yes' } } })),
      ),
    )
    await Promise.all(more.map((id) => ended(server.port, id)))
    const first = await server.ok(['job', 'list', '--no-style'])
    expect(first).toMatch(/^ CREATED +ID +JOB +TYPE +STATE +\n/)
    expect(first.match(/ wasm +batch +(Completed|Failed) /g)).toHaveLength(10)
    const [, token] = /--next-token (\S+?)`/.exec(first) ?? []
    const second = await server.ok(['job', 'list', '--no-style', '--next-token', token ?? ''])
    expect(second.match(/ wasm +batch /g)).toHaveLength(2)
    expect(await listed('--labels', 'more=yes')).toHaveLength(8)
  })

  it('orders by id or creation, either way, and takes a number of them [R22, R24]', async () => {
    const own = ['--labels', 'more!=yes']
    expect(await listed(...own, '--order-by', 'created_at')).toEqual(ids)
    expect(await listed(...own, '--order-by', 'created_at', '--order-reversed')).toEqual(ids.toReversed())
    expect(await listed(...own, '--order-by', 'id')).toEqual(ids.toSorted())
    expect(await listed(...own, '--limit', '100')).toHaveLength(5)
    const two = await server.ok(['job', 'list', '--limit', '2', '--output', 'json', '--pretty'])
    expect(two).toMatch(/^\[\n {2}\{\n {4}"/)
    expect(two.match(/\n {4}"ID": /g)).toHaveLength(2)
  })

  it('hides canary jobs unless asked, and filters by labels [R23, R24]', async () => {
    expect(await listed('--limit', '100')).not.toContain(ids[3])
    expect(await listed('--limit', '100', ...all)).toContain(ids[3])
    expect(await listed('--labels', 'environment=production')).toEqual([ids[1]])
  })

  it('knows nine operators, in the command line and in the API [R115, R116]', async () => {
    const expected: [string, number[]][] = [
      ['environment=development', [0, 2]],
      ['environment==production', [1]],
      ['environment,environment!=development', [1]],
      ['environment in (development,production),project', [2]],
      ['environment notin (development),version', [1]],
      ['project', [2]],
      ['!project,version', [0, 1]],
      ['version gt 2.0', [1, 2]],
      ['version > 2.0', [1, 2]],
      ['version lt 2.5', [0]],
    ]
    for (const [selector, found] of expected) {
      const wanted = found.map((n) => ids[n])
      expect(await listed('--labels', selector), selector).toEqual(wanted)
      const { body } = await server.http<{ Items: Job[] }>(
        'GET',
        `/orchestrator/jobs?labels=${encodeURIComponent(selector)}`,
      )
      expect(
        body.Items.map(({ ID }) => ID),
        selector,
      ).toEqual(wanted)
    }
    expect((await server.run(['job', 'list', '--labels', '=='])).exit).toBe(1)
  })
})

describe('job describe', () => {
  it('shows what was asked and how it stands, by full and by short id [R12, R13, R17, R18, R207]', async () => {
    const text = await server.ok(['job', 'describe', ids[0] ?? ''])
    expect(text).toMatch(new RegExp(`^ID +=\\s*${ids[0]}\n`))
    expect(text).toMatch(/\nState +=\s*Completed\n/)
    expect(text).toMatch(/Summary\n.*Completed += 2\n/)
    expect(text).toMatch(/Standard Output[\s\S]*job 0/)
    expect(await server.ok(['job', 'describe', shortOf(ids[0])])).toContain(ids[0])
  })

  it('as JSON and as YAML, compact or readable [R17, R18]', async () => {
    const json = await server.ok(['job', 'describe', shortOf(ids[0]), '--output', 'json'])
    const pretty = await server.ok(['job', 'describe', ids[0] ?? '', '--output', 'json', '--pretty'])
    const yaml = await server.ok(['job', 'describe', ids[0] ?? '', '--output', 'yaml'])
    expect(json.trimEnd()).not.toContain('\n')
    expect(pretty).toMatch(/^\{\n {2}"/)
    expect(JSON.parse(json)).toMatchObject({ Job: { ID: ids[0], State: { StateType: 'Completed' }, Count: 2 } })
    expect(JSON.parse(pretty)).toEqual(JSON.parse(json))
    expect(parse(yaml).Job).toMatchObject({ ID: ids[0], State: { StateType: 'Completed' } })
  })

  it('says in its state why a job failed [R127, R128]', async () => {
    const { Job } = await server.json<{ Job: Job }>(['job', 'describe', ids[4] ?? ''])
    expect(Job.State.StateType).toBe('Failed')
    expect(Job.State.Message).toMatch(/no_such_function/)
    expect(await server.ok(['job', 'describe', ids[4] ?? ''])).toContain(Job.State.Message)
  })

  it('refuses an id of nobody and one that is not unique [R12, R78]', async () => {
    expect(await server.run(['job', 'describe', 'j-00000000'])).toMatchObject({ exit: 1 })
    const { exit, stderr, stdout } = await server.run(['job', 'describe', 'j-'])
    expect(exit).toBe(1)
    expect(stdout + stderr).toMatch(/short|Multiple jobs/i)
  })
})

describe('job executions', () => {
  const of = async (...args: string[]) => await server.json<Execution[]>(['job', 'executions', ids[0] ?? '', ...args])

  it('shows what ran, by id, as a table and as YAML [R13, R14, R16]', async () => {
    const executions = await of()
    expect(executions).toHaveLength(2)
    const table = rows(await server.ok(['job', 'executions', shortOf(ids[0]), '--no-style', '--wide']))
    expect(table[0]).toEqual(['CREATED', 'MODIFIED', 'ID', 'NODE ID', 'REV.', 'STATE', 'DESIRED'])
    expect(table.slice(1).map((cells) => cells[2])).toEqual(executions.map(({ ID }) => shortOf(ID)))
    expect(table.slice(1).every((cells) => cells[5] === 'Completed')).toBe(true)
    expect(parse(await server.ok(['job', 'executions', ids[0] ?? '', '--output', 'yaml']))).toMatchObject(
      executions.map(({ ID }) => ({ ID })),
    )
  })

  it('orders by modification, creation, id or state, and takes a number of them [R15, R16]', async () => {
    const executions = await of()
    const by = (key: 'ModifyTime' | 'CreateTime' | 'ID') =>
      executions.toSorted((a, b) => (a[key] < b[key] ? -1 : 1)).map((each) => each[key])
    for (const [order, key] of [
      ['modify_time', 'ModifyTime'],
      ['create_time', 'CreateTime'],
      ['id', 'ID'],
    ] as const) {
      const there = (await of('--order-by', order)).map((each) => each[key])
      expect(there, order).toEqual(by(key))
      expect((await of('--order-by', order, '--order-reversed')).map((each) => each[key])).toEqual(there.toReversed())
    }
    expect((await of('--order-by', 'state')).map(({ ComputeState }) => ComputeState.StateType)).toEqual(
      executions.map(({ ComputeState }) => ComputeState.StateType),
    )
    expect(await of('--limit', '1')).toHaveLength(1)
    const many = await server.submit(toolJob(['print', '', '', '0'], { job: { Count: 23 } }))
    await ended(server.port, many)
    expect(await server.json(['job', 'executions', many])).toHaveLength(20)
    expect(await server.json(['job', 'executions', many, '--limit', '50'])).toHaveLength(23)
  })
})

describe('job history', () => {
  const of = (...args: string[]) => server.json<Line[]>(['job', 'history', ids[0] ?? '', ...args])

  it('tells what happened, in time, to the job, to its executions, or to both [R13, R27, R28]', async () => {
    const lines = await of()
    const job = await of('--event-type', 'job')
    const execution = await of('--event-type', 'execution')
    expect(await of('--event-type', 'all')).toEqual(lines)
    expect(job.length).toBeGreaterThan(1)
    expect(new Set(execution.map(({ ExecutionID }) => ExecutionID)).size).toBe(2)
    expect(job.every(({ ExecutionID }) => !ExecutionID)).toBe(true)
    expect(job.length + execution.length).toBe(lines.length)
    const times = lines.map(({ Time }) => Date.parse(Time))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect((await server.run(['job', 'history', ids[0] ?? '', '--event-type', 'other'])).exit).toBe(1)
  })

  it('of one execution or of one node [R29]', async () => {
    const [{ ExecutionID = '', NodeID = '' } = {} as Line] = await of('--event-type', 'execution')
    const own = await of('--execution-id', ExecutionID)
    expect(own.length).toBeGreaterThan(1)
    expect(own.every((line) => line.ExecutionID === ExecutionID)).toBe(true)
    const node = await of('--node-id', NodeID)
    expect(node.length).toBeGreaterThanOrEqual(own.length)
    expect(node.every((line) => line.NodeID === NodeID)).toBe(true)
    expect(await of('--node-id', 'n-nobody')).toEqual(none)
  })

  it('in pages, and as table, CSV and YAML [R30]', async () => {
    const lines = await of()
    expect(await of('--limit', '2')).toEqual(lines.slice(0, 2))
    const table = await server.ok(['job', 'history', ids[0] ?? '', '--no-style', '--wide'])
    expect(rows(table)[0]?.slice(0, 3)).toEqual(['TIME', 'LEVEL', 'REV.'])
    expect(rows(await server.ok(['job', 'history', ids[0] ?? '', '--hide-header', '--no-style']))[0]).not.toContain(
      'TIME',
    )
    expect((await server.ok(['job', 'history', ids[0] ?? '', '--output', 'csv'])).split('\n')[0]).toMatch(
      /^Time,Level,Rev\.,/,
    )
    expect(parse(await server.ok(['job', 'history', ids[0] ?? '', '--output', 'yaml']))).toHaveLength(lines.length)
    const { body } = await server.http<{ Items: Line[]; NextToken: string }>(
      'GET',
      `/orchestrator/jobs/${ids[0]}/history?limit=2`,
    )
    const next = await of('--limit', '2', '--next-token', body.NextToken)
    expect(next).toEqual(lines.slice(2, 4))
  })
})

describe('states of a job', () => {
  it('go through running to the end, waiting without room, and stopped by the user [R127, R128]', async () => {
    const state = async (id: string) => (await server.json<{ Job: Job }>(['job', 'describe', id])).Job.State
    const running = await server.submit(toolJob(['sleep', '60000']))
    await until('it runs', async () => (await state(running)).StateType === 'Running')
    const waiting = await server.submit(
      toolJob(['print', '', '', '0'], {
        job: { Constraints: [{ Key: 'no', Operator: 'exists' }] },
        task: { Timeouts: { QueueTimeout: 600 } },
      }),
    )
    await until('it waits', async () => (await state(waiting)).StateType === 'Queued')
    expect((await state(waiting)).Message).not.toBe('')
    for (const id of [running, waiting]) {
      await server.ok(['job', 'stop', id])
      expect((await ended(server.port, id)).Job.State.StateType).toBe('Stopped')
    }
  })
})
