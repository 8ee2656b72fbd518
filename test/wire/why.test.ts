import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '#client/index.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { bearer, type GuardedNode, guardedNode } from '../kit/guarded-node.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { jsonType, plainHttp, waitingJob } from '../kit/plain-http.ts'

let cluster: GoldenCluster
beforeAll(async () => {
  cluster = await startGoldenCluster()
}, 60_000)
afterAll(() => cluster.stop())

const { ask, get, submitted } = plainHttp(() => cluster.port)
const newest = { ...jsonType, 'X-Bacalhau-Git-Version': 'v1.9.3' }
const plan = (Job: object, more: object = {}) =>
  ask('PUT', '/orchestrator/jobs/plan', JSON.stringify({ Job, ...more }), newest)

describe('job plan over HTTP', () => {
  it('says where a job would go and what leaves nodes out, and stores nothing [F3]', async () => {
    const before = (await get('/orchestrator/jobs')).json.Items.length
    const { status, json } = await plan({
      Type: 'ops',
      Constraints: [{ Key: 'zone', Operator: '=', Values: ['b'] }],
      Tasks: [{ Name: 'main', Engine: { Type: 'noop' } }],
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({ Action: 'create', JobID: '', Version: 1, Diff: '', Nodes: 2, Warnings: null })
    const out = await plan(waitingJob())
    expect(out.json.Placements).toEqual([])
    expect(out.json.Exclusions.reduce((sum: number, { Count }: { Count: number }) => sum + Count, 0)).toBe(2)
    expect((await get('/orchestrator/jobs')).json.Items).toHaveLength(before)
  })

  it('shows what differs from the stored version, and that nothing does [F3]', async () => {
    const job = waitingJob({ Name: 'planned', Priority: 3 })
    const id = (await ask('PUT', '/orchestrator/jobs', JSON.stringify({ Job: job }), newest)).json.JobID
    expect((await plan(job)).json).toMatchObject({ Action: 'none', JobID: id, Version: 1, Diff: '' })
    const changed = (await plan({ ...job, Priority: 4 })).json
    expect(changed).toMatchObject({ Action: 'update', JobID: id, Version: 2 })
    expect(changed.Diff).toMatch(/^-.*Priority: 3\n\+.*Priority: 4$/m)
    expect((await plan(job, { Force: true })).json).toMatchObject({ Action: 'update', Version: 2 })
    expect((await get(`/orchestrator/jobs/${id}`)).json.Job.Version).toBe(1)
  })

  it('refuses what submitting refuses, in the same words [F3]', async () => {
    const wrong = JSON.stringify({ Job: waitingJob({ Type: 'strange' }) })
    const [planned, sent] = [
      await ask('PUT', '/orchestrator/jobs/plan', wrong, newest),
      await ask('PUT', '/orchestrator/jobs', wrong, newest),
    ]
    expect([planned.status, planned.json.Message]).toEqual([400, sent.json.Message])
  })
})

describe('job why over HTTP', () => {
  it('tells the cause of a job that waits, by id and by the typed client [F3]', async () => {
    const id = await submitted(waitingJob({ Name: 'waits' }))
    const { json } = await get(`/orchestrator/jobs/${id}/why`)
    expect(json).toMatchObject({ JobID: id, Version: 1, Nodes: 2, Placements: [], Attempts: [] })
    expect(json.Summary).toMatch(/^no node takes it: /)
    const client = new Client({ url: `http://127.0.0.1:${cluster.port}` })
    const reasons = await client.jobs.why(id)
    expect(reasons.Exclusions).toEqual(json.Exclusions)
    expect(reasons.NextTime).toBeTypeOf('bigint')
    expect((await client.jobs.plan({ Job: jobSpec() })).Action).toBe('create')
    expect((await get('/orchestrator/jobs/nobody/why')).status).toBe(404)
  })
})

describe('who may read jobs', () => {
  const [reader, red] = ['read-key-0123456789abcdef', 'red-key-0123456789abcdef']
  let node: GuardedNode
  beforeAll(async () => {
    const Users = [
      { Alias: 'reader', APIKey: reader, Capabilities: [{ Actions: ['read:job'] }] },
      { Alias: 'red', APIKey: red, Capabilities: [{ Actions: ['read:job', 'write:job'], Namespaces: ['red'] }] },
    ]
    node = await guardedNode({ API: { Auth: { Users } } })
  }, 60_000)
  afterAll(() => node.stop())

  it('may ask for a plan, of their namespaces only, and why a job of them waits [F3, S11]', async () => {
    const send = async (path: string, key: string, Namespace: string) =>
      node.http.ask('PUT', path, JSON.stringify({ Job: waitingJob({ Namespace }) }), { ...newest, ...bearer(key) })
    const statusOf = async (...asked: Parameters<typeof send>) => (await send(...asked)).status
    expect(await statusOf('/orchestrator/jobs/plan', reader, 'blue')).toBe(200)
    expect(await statusOf('/orchestrator/jobs', reader, 'blue')).toBe(403)
    expect(await statusOf('/orchestrator/jobs/plan', red, 'red')).toBe(200)
    expect(await statusOf('/orchestrator/jobs/plan', red, 'blue')).toBe(403)
    const { JobID } = (await send('/orchestrator/jobs', red, 'red')).json
    const why = async (key: string) => node.http.ask('GET', `/orchestrator/jobs/${JobID}/why`, undefined, bearer(key))
    expect((await why(reader)).json.Summary).toBe('there is no compute node; start one: bacalhau serve --compute')
    expect((await why(red)).status).toBe(200)
    expect((await node.http.get(`/orchestrator/jobs/${JobID}/why`)).status).toBe(401)
  })
})
