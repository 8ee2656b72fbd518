import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { until } from '../kit/until.ts'

type Reply = { status: number; text: string; json: any }

let cluster: GoldenCluster
beforeAll(async () => {
  cluster = await startGoldenCluster()
}, 60_000)
afterAll(() => cluster.stop())

/** As curl asks: no version header, only what is given. */
const ask = async (
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Reply> => {
  const sent = request({ port: cluster.port, host: '127.0.0.1', method, path: `/api/v1${path}`, headers, agent: false })
  if (body === undefined && 'Content-Length' in headers) sent.flushHeaders()
  else sent.end(body)
  const [answer] = await once(sent, 'response')
  const received = await text(answer)
  sent.destroy()
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  return { status: answer.statusCode, text: received, json: isJson ? JSON.parse(received) : undefined }
}
const get = (path: string) => ask('GET', path)
const jsonType = { 'Content-Type': 'application/json' }
const submit = (job: object) => ask('PUT', '/orchestrator/jobs', JSON.stringify({ Job: job }), jsonType)
const submitted = async (job: object): Promise<string> => (await submit(job)).json.JobID

/** Waits for a node that will not come. */
const waiting = (change: object = {}) => ({
  Type: 'batch',
  Constraints: [{ Key: 'never', Operator: 'exists' }],
  Tasks: [{ Name: 'main', Engine: { Type: 'noop' }, Timeouts: { QueueTimeout: 600 } }],
  ...change,
})

/** The smallest program: a module whose `_start` returns. */
const module = Buffer.from('0061736d01000000010401600000030201000' + '70a01065f737461727400000a040102000b', 'hex')
const running = (change: object = {}) => ({
  Type: 'batch',
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'wasm', Params: { EntryModule: '/main.wasm' } },
      InputSources: [
        {
          Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${module.toString('base64')}` } },
          Alias: 'main',
          Target: '/main.wasm',
        },
      ],
    },
  ],
  ...change,
})
const ended = async (id: string): Promise<any> => {
  let job: any
  await until(
    `${id} has ended`,
    async () => {
      job = (await get(`/orchestrator/jobs/${id}?wait=5s&index=${job?.Revision ?? 0}`)).json.Job
      return ['Completed', 'Failed', 'Stopped'].includes(job.State.StateType)
    },
    30_000,
  )
  return job
}

describe('the API over plain HTTP', () => {
  it('tells of the agent on every node, and of the cluster on the orchestrator [R72, R73, R94, R95, R96]', async () => {
    expect(await get('/agent/alive')).toMatchObject({ status: 200, json: { Status: 'OK' } })
    const { json: version } = await get('/agent/version')
    expect(Object.keys(version)).toEqual(['Major', 'Minor', 'GitVersion', 'GitCommit', 'BuildDate', 'GOOS', 'GOARCH'])
    const { json: node } = await get('/agent/node')
    expect(node).toMatchObject({ NodeID: cluster.nodeId, NodeType: 'Compute', Labels: { zone: 'a' } })
    expect(node.ComputeNodeInfo.MaxCapacity.CPU).toBe(4)
    const edge = (path: string) => fetch(`http://127.0.0.1:${cluster.edgePort}${path}`)
    expect((await edge('/api/v1/agent/alive')).status).toBe(200)
    expect((await edge('/api/v1/orchestrator/jobs')).status).toBe(404)
    expect((await edge('/api/v2/agent/alive')).status).toBe(404)
  })

  it('writes JSON compactly, and readably when pretty is asked for, with any value or none [R76]', async () => {
    const { text: compact } = await get('/agent/version')
    expect(compact).toBe(`${JSON.stringify(JSON.parse(compact))}\n`)
    for (const query of ['pretty', 'pretty=false', 'PRETTY=1']) {
      expect((await get(`/agent/version?${query}`)).text).toBe(`${JSON.stringify(JSON.parse(compact), null, 2)}\n`)
    }
  })

  it('gives integers of 64 bits back exactly, in parameters and in times [R85, R210]', async () => {
    const params = '{"A":9223372036854775807,"B":[18446744073709551615,1e3,1.0,-0]}'
    const task = `{"Name":"main","Engine":{"Type":"noop","Params":${params}},"Timeouts":{"QueueTimeout":9007199254}}`
    const constraint = '{"Key":"never","Operator":"exists"}'
    const body = `{"Job":{"Type":"batch","Constraints":[${constraint}],"Tasks":[${task}]}}`
    const { JobID } = (await ask('PUT', '/orchestrator/jobs', body, jsonType)).json
    const shown = (await get(`/orchestrator/jobs/${JobID}`)).text
    expect(shown).toContain(`"Params":${params}`)
    expect(shown).toContain('"QueueTimeout":9007199254')
    const [, created] = /"CreateTime":(\d{19}),/.exec(shown) ?? []
    expect(BigInt(created ?? 0) / 1_000_000n).toBeGreaterThan(BigInt(Date.now() - 60_000))
    const listed = (await get('/orchestrator/jobs?order_by=created_at&reverse=true&limit=1')).text
    expect(listed).toContain(`"CreateTime":${created},`)
    expect((await get(`/orchestrator/jobs/${JobID}?pretty`)).text).toContain('"A": 9223372036854775807')
  })

  it('pages jobs in every order without gap or repetition, also while jobs arrive [R74, R75, R86, R87]', async () => {
    const Labels = { paged: 'yes' }
    const ids: string[] = []
    for (let i = 0; i < 7; i++) ids.push(await submitted(waiting({ Labels })))
    for (const query of ['', 'order_by=id', 'order_by=create_time&reverse=true', 'order_by=modified_at']) {
      const seen: string[] = []
      for (let token = '', pages = 0; token !== '' || pages === 0; pages++) {
        const { json } = await get(`/orchestrator/jobs?labels=paged=yes&limit=3&${query}&next_token=${token}`)
        seen.push(...json.Items.map(({ ID }: { ID: string }) => ID))
        token = json.NextToken
        if (pages === 0) await submitted(waiting({ Labels }))
        expect(pages).toBeLessThan(20)
      }
      expect(new Set(seen).size).toBe(seen.length)
      expect(ids.filter((id) => !seen.includes(id))).toEqual([])
    }
  })

  it('takes page tokens that count, and refuses what is no token [R74, R78]', async () => {
    const page = async (token: string) => get(`/orchestrator/jobs?labels=paged=yes&next_token=${token}`)
    const encoded = (token: string) => Buffer.from(token).toString('base64url')
    expect((await page(encoded('created_at:N:2:3'))).json.Items.length).toBe(2)
    expect((await page(encoded('created_at:N:2:9999'))).json).toMatchObject({ NextToken: '', Items: [] })
    for (const wrong of ['***', encoded('created_at:N:2'), encoded('created_at:N:x:1')]) {
      const { status, json } = await page(wrong)
      expect(status).toBe(400)
      expect(json.message).toContain(`invalid paging token: ${wrong}`)
    }
  })

  it('answers a wait as soon as the job has changed, or when the time is over [R85, R89]', async () => {
    const id = await submitted(waiting())
    await until('it waits for a node', async () => (await get(`/orchestrator/jobs/${id}`)).json.Job.Revision === 2)
    expect((await get(`/orchestrator/jobs/${id}?wait=50ms&index=2`)).json.Job.Revision).toBe(2)
    const waited = get(`/orchestrator/jobs/${id}?wait=60s&index=2`)
    const stopped = await ask('DELETE', `/orchestrator/jobs/${id.slice(0, 10)}?reason=enough`)
    expect(stopped.json.EvaluationID).toMatch(/^[0-9a-f-]{36}$/)
    expect((await waited).json.Job).toMatchObject({ Revision: 3, State: { StateType: 'Stopped' } })
    const { json: history } = await get(`/orchestrator/jobs/${id}/history?event_type=job`)
    expect(history.Items.at(-1).Event.Details).toEqual({ Reason: 'enough' })
    const refused = await get(`/orchestrator/jobs/${id}?wait=soon`)
    expect(refused).toMatchObject({ status: 400, json: { Hint: 'write it as 500ms, 30s or 2m' } })
  })

  it('takes a job in YAML, as a request or as a job file, and says where a mistake is [R80, R88]', async () => {
    const file = [
      'name: in-yaml',
      'type: batch',
      'constraints: [{key: never, operator: exists}]',
      'tasks:',
      '- name: main',
      '  engine: {type: noop, params: {big: 9007199254740993}}',
      '  timeouts: {queueTimeout: 600}',
    ]
    const nested = ['job:', ...file.map((line) => `  ${line}`)]
    for (const [lines, type] of [
      [file, 'application/yaml'],
      [nested, 'text/x-yaml; charset=utf-8'],
    ] as const) {
      const { status, json } = await ask('PUT', '/orchestrator/jobs', lines.join('\n'), { 'Content-Type': type })
      expect(status).toBe(200)
      const shown = (await get(`/orchestrator/jobs/${json.JobID}`)).text
      expect(shown).toContain('"Name":"in-yaml"')
      expect(shown).toContain('"big":9007199254740993')
    }
    const wrong = file.with(1, 'type: [batch]').join('\n')
    const refused = await ask('POST', '/orchestrator/jobs', wrong, { 'Content-Type': 'application/yaml' })
    expect(refused.status).toBe(400)
    expect(refused.json.message).toBe('json: cannot unmarshal array into Go struct field Job.Type of type string')
    expect(refused.json.Hint).toBe('Look at line 2, column 1 of the YAML text.')
    const empty = await ask('PUT', '/orchestrator/jobs', '# nothing', { 'Content-Type': 'application/yaml' })
    expect(empty).toMatchObject({ status: 400, json: { message: 'empty/nil job' } })
  })

  it('takes a body in chunks [R80]', async () => {
    const headers = { ...jsonType, 'Transfer-Encoding': 'chunked' }
    const { status, json } = await ask('PUT', '/orchestrator/jobs', JSON.stringify({ Job: waiting() }), headers)
    expect(status).toBe(200)
    expect((await get(`/orchestrator/jobs/${json.JobID}`)).status).toBe(200)
  })

  it('refuses a body that is too large, announced or not, and says what to do, also to who reads no answer before all is sent [R78]', async () => {
    const body = Buffer.alloc(40_000_000, 0x20)
    const announced = await ask('PUT', '/orchestrator/jobs', undefined, { ...jsonType, 'Content-Length': '10000001' })
    const chunked = await ask('PUT', '/orchestrator/jobs', body, { ...jsonType, 'Transfer-Encoding': 'chunked' })
    const sentWhole = await ask('PUT', '/orchestrator/jobs', body, jsonType)
    for (const { status, json } of [announced, chunked, sentWhole]) {
      expect(status).toBe(413)
      expect(json).toMatchObject({ message: 'Request Entity Too Large', Code: 'PayloadTooLarge' })
      expect(json.Hint).toContain('pass larger data as an input source')
    }
    const largest = await ask('PUT', '/orchestrator/jobs', body.subarray(0, 10_000_000), jsonType)
    expect(largest.status).toBe(400)
  })

  it('goes on when callers vanish in the middle of a request or of a wait [R80]', async () => {
    const id = await submitted(waiting())
    const halves = [
      'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"Job":',
      `GET /api/v1/orchestrator/jobs/${id}?wait=60s&index=99 HTTP/1.1\r\nHost: x\r\n\r\n`,
      'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n',
      'GET /api/v1/orch',
    ]
    await Promise.all(halves.flatMap((half) => Array.from({ length: 25 }, () => vanish(half))))
    expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
    expect((await submit(waiting())).status).toBe(200)
  })

  it('reads with GET, makes with PUT or POST, stops with DELETE, and knows no other way [R77, R78]', async () => {
    const posted = await ask('POST', '/orchestrator/jobs', JSON.stringify({ Job: waiting() }), jsonType)
    expect(posted.status).toBe(200)
    for (const method of ['PATCH', 'DELETE']) {
      const { status, json } = await ask(method, '/orchestrator/jobs')
      expect(status).toBe(404)
      expect(json.message).toBe('Not Found')
    }
    expect(await get('/orchestrator/jobs/j-00000000')).toMatchObject({
      status: 404,
      json: { message: 'job not found: j-00000000' },
    })
  })

  it('keeps in Meta who took a job and who sent it [R124]', async () => {
    const headers = { ...jsonType, 'X-Bacalhau-InstanceID': 'i-1', 'X-Bacalhau-InstallationID': 'k-1' }
    const { JobID } = (await ask('PUT', '/orchestrator/jobs', JSON.stringify({ Job: waiting() }), headers)).json
    const { Job } = (await get(`/orchestrator/jobs/${JobID}`)).json
    expect(Job.Meta).toEqual({
      'bacalhau.org/requester.id': cluster.nodeId,
      'bacalhau.org/orchestrator.id': cluster.nodeId,
      'bacalhau.org/server.instance.id': expect.stringMatching(/^[0-9a-f]{64}$/),
      'bacalhau.org/client.instance.id': 'i-1',
      'bacalhau.org/client.installation.id': 'k-1',
    })
  })

  it('shows the executions, the history and the results of a job [R90, R91, R92, R93]', async () => {
    const id = await submitted(running({ Count: 3 }))
    expect((await ended(id)).State).toEqual({ StateType: 'Completed' })
    const { json: executions } = await get(`/orchestrator/jobs/${id}/executions?order_by=id&limit=2`)
    const rest = await get(`/orchestrator/jobs/${id}/executions?order_by=id&next_token=${executions.NextToken}`)
    const ids = [...executions.Items, ...rest.json.Items].map(({ ID }: { ID: string }) => ID)
    expect(ids.length).toBe(3)
    expect(ids).toEqual([...new Set(ids)].sort())
    const { json: lines } = await get(`/orchestrator/jobs/${id}/history?event_type=execution&execution_id=${ids[0]}`)
    expect(new Set(lines.Items.map(({ ExecutionID }: { ExecutionID: string }) => ExecutionID))).toEqual(
      new Set([ids[0]]),
    )
    const later = Math.floor(Date.now() / 1000) + 60
    expect((await get(`/orchestrator/jobs/${id}/history?since=${later}`)).json.Items).toEqual([])
    expect((await get(`/orchestrator/jobs/${id}/results`)).json).toEqual({ NextToken: '', Items: [] })
  })
})

function vanish(half: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(cluster.port, '127.0.0.1', () =>
      socket.write(half, () => setTimeout(() => socket.destroy(), 20)),
    )
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}
