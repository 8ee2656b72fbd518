import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { ended } from '../crash/processes.ts'

type Item = { ID: string; NodeID: string; CreateTime: number; ModifyTime: number; [key: string]: unknown }
type Page = { Items: Item[]; NextToken: string; message?: string; Nodes?: unknown[] }

type Submitted = { JobID: string; EvaluationID: string; Warnings: string[] }

let product: Product
let server: Server
const ids: string[] = []
const jobs = '/orchestrator/jobs'

/** Five jobs that have ended; the third has three executions and their results. */
beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
  for (let n = 0; n < 5; n++) {
    const isLarge = n === 2
    const task = isLarge ? { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'out', Path: '/out' }] } : {}
    const job = toolJob(isLarge ? ['write', '/out/a', 'b'] : ['print', `${n}`, '', '0'], {
      job: { Count: isLarge ? 3 : 1, Labels: { n: String(n) } },
      task,
    })
    const { body } = await server.http<{ JobID: string }>('PUT', jobs, { Job: job })
    await ended(server.port, body.JobID)
    ids.push(body.JobID)
  }
})
afterAll(() => product?.stop())

const get = (path: string) => server.http<Page>('GET', path)
/** All pages of a list, `limit` at a time; every page but the last is full. */
const allPages = async (path: string, limit: number): Promise<Item[]> => {
  const items: Item[] = []
  for (let token = ''; ; ) {
    const { body } = await get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}&next_token=${token}`)
    items.push(...body.Items)
    token = body.NextToken
    if (!token) return items
    expect(body.Items).toHaveLength(limit)
  }
}

describe('the API', () => {
  it('lies below /api/v1 in two families, on port 1234 unless told [R72, R73]', async () => {
    for (const path of [jobs, '/orchestrator/nodes', '/agent/alive', '/agent/version', '/agent/node']) {
      expect((await get(path)).status, path).toBe(200)
    }
    const outside = await fetch(`http://127.0.0.1:${server.port}/orchestrator/jobs`)
    expect(outside.status).toBe(404)
    expect(await server.ok(['serve', '--help'])).toMatch(/--port int .*\(default 1234\)/)
    expect(await server.ok(['job', 'list', '--help'])).toMatch(/--api-port int .*\(default 1234\)/)
  })

  it('is compact unless pretty is asked for [R76]', async () => {
    const [plain, pretty] = [await get(`${jobs}/${ids[0]}`), await get(`${jobs}/${ids[0]}?pretty`)]
    expect(plain.text.trimEnd()).not.toContain('\n')
    expect(pretty.text).toMatch(/^\{\n {2}"/)
    expect(pretty.body).toEqual(plain.body)
  })

  it('reads with GET, makes with PUT, removes with DELETE [R77, R88, R89]', async () => {
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
    const sayWhy = [
      (id: string) => server.http('DELETE', `${jobs}/${id.slice(0, 10)}?reason=enough`),
      (id: string) => server.http('DELETE', `${jobs}/${id}`, { reason: 'enough' }),
    ]
    for (const stop of sayWhy) {
      const made = await server.http<Submitted>('PUT', jobs, { Job: toolJob(['sleep', '60000']) })
      expect(made).toMatchObject({
        status: 200,
        body: { EvaluationID: expect.stringMatching(uuid) },
      })
      const stopped = await stop(made.body.JobID)
      expect(stopped).toMatchObject({ status: 200, body: { EvaluationID: expect.stringMatching(uuid) } })
      expect((await ended(server.port, made.body.JobID)).Job.State.StateType).toBe('Stopped')
      const history = await get(`${jobs}/${made.body.JobID}/history?event_type=job`)
      expect(history.body.Items.at(-1)).toMatchObject({ Event: { Details: { Reason: 'enough' } } })
    }
  })

  it('answers mistakes with 4xx and a sentence [R78]', async () => {
    const cases: [string, string, unknown, number][] = [
      ['GET', `${jobs}/j-00000000`, undefined, 404],
      ['GET', '/nowhere', undefined, 404],
      ['GET', `${jobs}?limit=many`, undefined, 400],
      ['GET', `${jobs}?order_by=colour`, undefined, 400],
      ['GET', `${jobs}?labels===`, undefined, 400],
      ['GET', `${jobs}?next_token=%21`, undefined, 400],
      ['GET', '/orchestrator/nodes/n-nobody', undefined, 404],
      ['PUT', jobs, '{"Job": {', 400],
      ['PUT', jobs, { Job: { Type: 'batch' } }, 400],
    ]
    for (const [method, path, body, status] of cases) {
      const answer = await server.http<{ message: string }>(method, path, body)
      expect(answer.status, `${method} ${path}`).toBe(status)
      expect(answer.body.message, `${method} ${path}`).toMatch(/\w+/)
    }
  })

  it('says of the old requester endpoints that they are gone [R79]', async () => {
    for (const path of ['list', 'submit', 'cancel', 'events', 'anything/else']) {
      expect((await get(`/requester/${path}`)).status, path).toBe(410)
      expect((await server.http('POST', `/requester/${path}`, {})).status, path).toBe(410)
    }
  })

  it('takes a job as JSON, or as the YAML file that it is, from any client [R80, R88]', async () => {
    const file = `# mine\nType: batch\nCount: 1\nTasks:\n  - Name: main\n    Engine: ${JSON.stringify(toolJob(['print', 'y', '', '0']).Tasks[0]?.Engine)}\n`
    const wrapped = `Job:\n${file.replaceAll(/^/gm, '  ')}`
    for (const [body, type] of [
      [file, 'application/yaml'],
      [wrapped, 'application/x-yaml'],
      [file, 'text/yaml; charset=utf-8'],
    ] as const) {
      const made = await server.http<Submitted>('PUT', jobs, body, { 'Content-Type': type })
      expect(made.status, `${type} ${made.text}`).toBe(200)
      expect((await ended(server.port, made.body.JobID)).Executions.Items[0]?.RunOutput?.Stdout).toBe('y')
    }
    const wrong = await server.http<{ Hint: string }>('PUT', jobs, 'Type: batch\nCount: many\n', {
      'Content-Type': 'application/yaml',
    })
    expect([wrong.status, wrong.body.Hint]).toEqual([400, expect.stringContaining('Count (line 2, column 1)')])
    expect((await server.http('PUT', jobs, file, { 'Content-Type': 'text/plain' })).status).toBe(400)
  })

  it('has times in nanoseconds and time limits in seconds, all integers [R210]', async () => {
    const { body } = await server.http<{ JobID: string }>('PUT', jobs, {
      Job: toolJob(['print', '', '', '0'], {
        task: { Timeouts: { ExecutionTimeout: 90, QueueTimeout: 5, TotalTimeout: 120 } },
      }),
    })
    await ended(server.port, body.JobID)
    const { text } = await get(`${jobs}/${body.JobID}?include=executions`)
    const times = [...text.matchAll(/"(?:CreateTime|ModifyTime)":([^,}]+)/g)].map(([, value]) => value)
    expect(times).toHaveLength(4)
    expect(times.every((time) => /^1[0-9]{18}$/.test(time ?? ''))).toBe(true)
    expect(text).toContain('"Timeouts":{"ExecutionTimeout":90,"QueueTimeout":5,"TotalTimeout":120}')
  })
})

describe('lists', () => {
  const mine = `${jobs}?labels=n`

  it('of jobs page without a gap, order and reverse [R74, R75, R86, R87]', async () => {
    const order = async (query: string) => (await get(`${mine}${query}`)).body.Items.map(({ ID }) => ID)
    expect(await order('')).toEqual(ids)
    expect(await order('&reverse=true')).toEqual(ids.toReversed())
    expect(await order('&order_by=create_time')).toEqual(ids)
    expect(await order('&order_by=id')).toEqual(ids.toSorted())
    expect(await order('&order_by=id&reverse=true')).toEqual(ids.toSorted().toReversed())
    expect((await allPages(mine, 2)).map(({ ID }) => ID)).toEqual(ids)
    expect((await allPages(`${mine}&order_by=id&reverse=true`, 2)).map(({ ID }) => ID)).toEqual(
      ids.toSorted().toReversed(),
    )
  })

  it('of jobs are of a namespace, or of all [R87, R106]', async () => {
    const { body } = await server.http<{ JobID: string }>('PUT', jobs, {
      Job: toolJob(['print', '', '', '0'], { job: { Namespace: 'other' } }),
    })
    const idsIn = async (namespace: string) =>
      (await get(`${jobs}?namespace=${namespace}`)).body.Items.map(({ ID }) => ID)
    expect(await idsIn('other')).toEqual([body.JobID])
    expect(await idsIn('default')).not.toContain(body.JobID)
    expect(await idsIn('*')).toEqual(expect.arrayContaining([body.JobID, ids[0]]))
  })

  it('of executions page, order and reverse; a batch of three has three [R74, R75, R91, R93]', async () => {
    const path = `${jobs}/${ids[2]}/executions`
    const { body } = await get(path)
    expect(body.Items).toHaveLength(3)
    for (const [order, key] of [
      ['modify_time', 'ModifyTime'],
      ['create_time', 'CreateTime'],
      ['id', 'ID'],
    ] as const) {
      const there = (await get(`${path}?order_by=${order}`)).body.Items.map((each) => each[key])
      expect(there).toEqual(there.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
      expect((await get(`${path}?order_by=${order}&reverse=true`)).body.Items.map((each) => each[key])).toEqual(
        there.toReversed(),
      )
    }
    expect((await get(`${path}?order_by=state`)).body.Items).toHaveLength(3)
    expect((await allPages(`${path}?order_by=id`, 2)).map(({ ID }) => ID)).toEqual(
      body.Items.map(({ ID }) => ID).toSorted(),
    )
  })

  it('of history page and filter [R74, R90]', async () => {
    const path = `${jobs}/${ids[2]}/history`
    const all = (await get(path)).body.Items
    const of = async (query: string) => (await get(`${path}?${query}`)).body.Items
    const [job, execution] = [await of('event_type=job'), await of('event_type=execution')]
    expect([job.length > 0, job.length + execution.length]).toEqual([true, all.length])
    expect(await of('event_type=all')).toEqual(all)
    const { ExecutionID, NodeID } = execution[0] as Item
    expect(await of(`execution_id=${ExecutionID}`)).toEqual(
      execution.filter((line) => line['ExecutionID'] === ExecutionID),
    )
    expect(await of(`node_id=${NodeID}`)).toEqual(all.filter((line) => line.NodeID === NodeID))
    const last = Math.max(...all.map((line) => Math.floor(Date.parse(String(line['Time'])) / 1000)))
    expect(await of('since=0')).toEqual(all)
    expect(await of(`since=${last + 60}`)).toEqual([])
    expect(await allPages(path, 4)).toEqual(all)
    expect((await get(`${path}?event_type=other`)).status).toBe(400)
  })

  it('of results are what batch and ops jobs published [R74, R92]', async () => {
    const { Items } = (await get(`${jobs}/${ids[2]}/results`)).body
    expect(Items.map(({ Type }) => Type)).toEqual(['urlDownload', 'urlDownload', 'urlDownload'])
    expect((await get(`${jobs}/${ids[0]}/results`)).body.Items).toEqual([])
    const { body } = await server.http<{ JobID: string }>('PUT', jobs, {
      Job: toolJob(['sleep', '60000'], { job: { Type: 'service' } }),
    })
    const refused = await get(`${jobs}/${body.JobID}/results`)
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringMatching(/service/)])
    await server.http('DELETE', `${jobs}/${body.JobID}`)
  })
})

describe('one job', () => {
  it('comes by its full or short id, with its state and what one includes [R85]', async () => {
    for (const id of [ids[2], ids[2]?.slice(0, 10)]) {
      const { body } = await server.http<{ Job: Item; Executions: Page | null }>('GET', `${jobs}/${id}`)
      expect(body.Job).toMatchObject({ ID: ids[2], State: { StateType: 'Completed' }, Count: 3 })
    }
    const { body } = await server.http<{ Executions: Page; History: Page }>(
      'GET',
      `${jobs}/${ids[2]}?include=executions,history`,
    )
    expect([body.Executions.Items.length, body.History.Items.length > 3]).toEqual([3, true])
  })
})
