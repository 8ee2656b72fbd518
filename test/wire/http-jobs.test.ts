import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { jsonType, plainHttp, waitingJob } from '../kit/plain-http.ts'
import { until } from '../kit/until.ts'

let cluster: GoldenCluster
beforeAll(async () => {
  cluster = await startGoldenCluster()
}, 60_000)
afterAll(() => cluster.stop())

const { ask, get, submit, submitted } = plainHttp(() => cluster.port)

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
  await until(`${id} has ended`, async () => {
    job = (await get(`/orchestrator/jobs/${id}?wait=5s&index=${job?.Revision ?? 0}`)).json.Job
    return ['Completed', 'Failed', 'Stopped'].includes(job.State.StateType)
  })
  return job
}

describe('jobs over plain HTTP', () => {
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
    for (let i = 0; i < 7; i++) ids.push(await submitted(waitingJob({ Labels })))
    for (const query of ['', 'order_by=id', 'order_by=create_time&reverse=true', 'order_by=modified_at']) {
      const seen: string[] = []
      for (let token = '', pages = 0; token !== '' || pages === 0; pages++) {
        const { json } = await get(`/orchestrator/jobs?labels=paged=yes&limit=3&${query}&next_token=${token}`)
        seen.push(...json.Items.map(({ ID }: { ID: string }) => ID))
        token = json.NextToken
        if (pages === 0) await submitted(waitingJob({ Labels }))
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
    const id = await submitted(waitingJob())
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

  it('takes a job with parts that have no effect, and says which [R88]', async () => {
    const job = waitingJob() as { Tasks: object[] }
    const task = { ...job.Tasks[0], Netwrk: {}, Network: { Type: 'None', Domains: ['example.org'] } }
    const warnings = [
      'Tasks[0].Network.Domains has no effect with network None',
      'unknown field Job.Tasks[0].Netwrk is ignored; do you mean Network?',
    ]
    const body = { Job: { ...job, Tasks: [task] }, Namespace: 'n', Credential: null, IdempotencyToken: '' }
    const taken = await ask('PUT', '/orchestrator/jobs', JSON.stringify(body), { 'content-type': 'application/json' })
    expect(taken).toMatchObject({ status: 200, json: { Warnings: warnings } })
    const jobs = JSON.stringify({ Jobs: [job, { ...job, Tasks: [{ ...job.Tasks[0], Netwrk: {} }] }] })
    const batch = await ask('POST', '/orchestrator/jobs/batch', jobs, { 'content-type': 'application/json' })
    expect(batch.json.Items.map((each: { Warnings: unknown }) => each.Warnings)).toEqual([
      null,
      ['unknown field Jobs[1].Tasks[0].Netwrk is ignored; do you mean Network?'],
    ])
  })

  it('refuses a job with all that is wrong, each with its path [R88]', async () => {
    const job = waitingJob() as { Tasks: object[] }
    const refused = await submit({
      ...job,
      Count: -1,
      Tasks: [{ ...job.Tasks[0], InputSources: [{ Source: { Type: 's3', Params: {} }, Target: '/a/../..' }] }],
    })
    expect(refused).toMatchObject({
      status: 400,
      json: {
        Details: {
          Count: 'job count must be >= 0',
          'Tasks[0].InputSources[0].Source.Params.Bucket': expect.stringContaining('bucket cannot be empty'),
          'Tasks[0].InputSources[0].Target': 'input target "/a/../.." must not contain ..',
        },
      },
    })
  })

  it('keeps in Meta who took a job and who sent it [R124, R125]', async () => {
    const headers = { 'X-Bacalhau-InstanceID': 'i-1', 'X-Bacalhau-InstallationID': 'k-1' }
    const { JobID } = (await submit(waitingJob(), headers)).json
    const { Job } = (await get(`/orchestrator/jobs/${JobID}`)).json
    expect(Job.Meta).toEqual({
      'bacalhau.org/requester.id': cluster.nodeId,
      'bacalhau.org/requester.publicKey': expect.stringMatching(/^[\w+/]+=*$/),
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
