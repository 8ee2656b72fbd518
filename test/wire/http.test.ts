import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '#api/openapi/document.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { jsonType, plainHttp, waitingJob } from '../kit/plain-http.ts'

let cluster: GoldenCluster
beforeAll(async () => {
  cluster = await startGoldenCluster()
}, 60_000)
afterAll(() => cluster.stop())

const { ask, get, submit, submitted } = plainHttp(() => cluster.port)

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

  it('drains a node until it takes work again, by a deadline that only a drain may have [R95]', async () => {
    const path = `/orchestrator/nodes/${cluster.nodeId}`
    const act = async (order: object) => (await ask('PUT', path, JSON.stringify(order), jsonType)).json
    const shown = async () => (await get(path)).json.Node
    const misplaced = { Success: false, Error: 'the deadline is a number of seconds, of a drain only' }
    expect(await act({ Action: 'cordon', Deadline: 5 })).toEqual(misplaced)
    expect(await act({ Action: 'drain', Deadline: -1 })).toEqual(misplaced)
    expect(await shown()).not.toHaveProperty('Cordon')
    expect(await act({ Action: 'drain', Deadline: 3_600 })).toEqual({ Success: true, Error: '' })
    const { Cordon, DrainBy } = await shown()
    expect([Cordon, Math.abs(Date.parse(DrainBy) - Date.now() - 3_600_000) < 60_000]).toEqual(['DRAINED', true])
    expect(await act({ Action: 'drain' })).toMatchObject({ Success: true })
    expect(await shown()).not.toHaveProperty('DrainBy')
    expect(await act({ Action: 'drain' })).toEqual({ Success: false, Error: 'node already draining' })
    expect(await act({ Action: 'uncordon' })).toMatchObject({ Success: true })
  })

  it('describes itself as an OpenAPI document, on every node, also where tools look for it', async () => {
    const { text, json } = await get('/openapi.json')
    expect(json).toEqual({ ...JSON.parse(JSON.stringify(openApiDocument(''))), info: json.info })
    expect(json.info).toMatchObject({ title: 'Bacalhau', version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    expect(text).toBe(`${JSON.stringify(json)}\n`)
    for (const port of [cluster.port, cluster.edgePort]) {
      const atRoot = await fetch(`http://127.0.0.1:${port}/openapi.json`)
      expect(await atRoot.json()).toEqual(json)
    }
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
    expect(refused.json.Hint).toBe('Type (line 2, column 1): one of batch, ops, daemon, service')
    const empty = await ask('PUT', '/orchestrator/jobs', '# nothing', { 'Content-Type': 'application/yaml' })
    expect(empty).toMatchObject({ status: 400, json: { message: 'empty/nil job' } })
  })

  it('takes a body in chunks [R80]', async () => {
    const headers = { ...jsonType, 'Transfer-Encoding': 'chunked' }
    const { status, json } = await ask('PUT', '/orchestrator/jobs', JSON.stringify({ Job: waitingJob() }), headers)
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
    const id = await submitted(waitingJob())
    const halves = [
      'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"Job":',
      `GET /api/v1/orchestrator/jobs/${id}?wait=60s&index=99 HTTP/1.1\r\nHost: x\r\n\r\n`,
      'PUT /api/v1/orchestrator/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n',
      'GET /api/v1/orch',
    ]
    await Promise.all(halves.flatMap((half) => Array.from({ length: 25 }, () => vanish(half))))
    expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
    expect((await submit(waitingJob())).status).toBe(200)
  })

  it('reads with GET, makes with PUT or POST, stops with DELETE, and knows no other way [R77, R78]', async () => {
    const posted = await ask('POST', '/orchestrator/jobs', JSON.stringify({ Job: waitingJob() }), jsonType)
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
