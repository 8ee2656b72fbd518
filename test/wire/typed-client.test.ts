import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client, Fault, type JobSpec } from '#client/index.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { smallJob } from '../kit/served-node.ts'

let cluster: GoldenCluster
let url: string
beforeAll(async () => {
  cluster = await startGoldenCluster()
  url = `http://127.0.0.1:${cluster.port}`
}, 60_000)
afterAll(() => cluster.stop())

type Fetch = typeof fetch
const clientWith = (send: Fetch = fetch, more: object = {}) => new Client({ url, fetch: send as never, ...more })

/** A job as a user writes it down, normalised. */
const spec = (Name: string, Labels: Record<string, string> = {}): JobSpec => {
  const { Tasks } = smallJob(Name).Job
  const [task] = Tasks
  const rest = { Publisher: { Type: '' }, Env: {}, Meta: {}, ResultPaths: [], Resources: {}, Timeouts: {} }
  return {
    ...{ Name, Namespace: 'default', Type: 'batch', Priority: 0, Count: 1, Constraints: [], Meta: {}, Labels },
    Tasks: [{ Name: 'main', Engine: task!.Engine, InputSources: [], Network: { Type: 'None' }, ...rest }],
  }
}
const faultOf = (call: Promise<unknown>): Promise<Fault> =>
  call.then(
    () => {
      throw new Error('it was answered')
    },
    (error: unknown) => error as Fault,
  )

describe('the typed client', () => {
  it('submits, waits, and reads what the program printed [R85]', async () => {
    const client = clientWith()
    const { JobID } = await client.jobs.submit({ Job: spec('typed') })
    const job = await client.jobs.waitFor(JobID, undefined, { signal: AbortSignal.timeout(60_000) })
    expect(job.State.StateType).toBe('Completed')
    expect(job.CreateTime).toBeTypeOf('bigint')
    const frames = await Array.fromAsync(client.jobs.logs(JobID))
    expect(frames.map(({ value }) => value.Line).join('')).toBe('typed\n')
    const [execution] = await Array.fromAsync(client.jobs.executions(JobID))
    expect(execution).toMatchObject({ JobID, ComputeState: { StateType: 'Completed' }, RunOutput: { ExitCode: 0 } })
  })

  it('gives a page to await, and everything page by page to for await [R74]', async () => {
    const client = clientWith()
    const label = { paged: 'typed' }
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await client.jobs.submit({ Job: spec(`page-${i}`, label) })).JobID)
    const query = { labels: ['paged=typed'], limit: 2 }
    const page = await client.jobs.list(query)
    expect(page.Items).toHaveLength(2)
    expect(page.NextToken).not.toBe('')
    expect((await Array.fromAsync(client.jobs.list(query))).map(({ ID }) => ID)).toEqual(ids)
    for await (const job of client.jobs.list(query)) {
      expect(job.ID).toBe(ids[0])
      break
    }
    expect((await Array.fromAsync(client.nodes.list())).map(({ Info }) => Info.NodeID)).toContain(cluster.nodeId)
  })

  it('ends the history of a job that goes on where it is now', async () => {
    const client = clientWith()
    const waiting = { ...spec('goes-on'), Constraints: [{ Key: 'never', Operator: 'exists' }] }
    waiting.Tasks[0]!.Timeouts = { QueueTimeout: 600n }
    const { JobID } = await client.jobs.submit({ Job: waiting })
    const lines = await Array.fromAsync(client.jobs.history(JobID, { limit: 1 }))
    expect(lines.map(({ SeqNum }) => SeqNum)).toEqual(lines.map((_, at) => at + 1))
    expect(lines[0]!.Event.Message).toBe('Job submitted')
    await client.jobs.stop(JobID, { reason: 'seen' })
  })

  it('submits once though the answer is lost, and again with the same key', async () => {
    const keys: (string | null)[] = []
    const losing: Fetch = async (input, init) => {
      const answer = await fetch(input, init)
      keys.push(new Headers(init?.headers).get('Idempotency-Key'))
      if (keys.length === 1) throw Object.assign(new TypeError('lost'), { code: 'ECONNRESET' })
      return answer
    }
    const label = { lost: 'answer' }
    const { JobID } = await clientWith(losing).jobs.submit({ Job: spec('once', label) })
    expect(keys).toEqual([keys[1], expect.stringMatching(/^[0-9a-f-]{36}$/)])
    const mine = { idempotencyKey: 'mine' }
    const first = await clientWith().jobs.submit({ Job: spec('mine', label) }, mine)
    expect(await clientWith().jobs.submit({ Job: spec('mine', label) }, mine)).toEqual(first)
    const listed = await Array.fromAsync(clientWith().jobs.list({ labels: ['lost=answer'] }))
    expect(listed.map(({ ID }) => ID)).toEqual([JobID, first.JobID])
  })

  it('tries what changes nothing again, with growing pauses, and what changes something not', async () => {
    const pauses: number[] = []
    let calls = 0
    const away: Fetch = async () => {
      calls++
      throw Object.assign(new TypeError('away'), { code: 'ECONNREFUSED' })
    }
    const client = clientWith(away, { pause: async (ms: number) => void pauses.push(ms) })
    expect(await faultOf(client.jobs.list())).toMatchObject({ code: 'ServiceUnavailable', status: 503 })
    expect([calls, pauses]).toEqual([3, [200, 400]])
    await faultOf(client.jobs.stop('j-1', {}))
    expect(calls).toBe(4)
  })

  it('throws a Fault with the code, the status and the hint of the server', async () => {
    const fault = await faultOf(clientWith().jobs.list({ order_by: 'colour' }))
    expect(fault).toBeInstanceOf(Fault)
    expect(fault).toMatchObject({ code: 'BadRequest', status: 400, hint: expect.stringContaining('order by one of') })
    expect(await faultOf(clientWith().jobs.get('j-none'))).toMatchObject({ code: 'NotFound', status: 404 })
  })

  it('gives up when it is told to, and when the server takes too long', async () => {
    const silent: Fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.throwIfAborted()
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    const reason = new Error('enough')
    await expect(clientWith(silent).agent.alive(AbortSignal.abort(reason))).rejects.toBe(reason)
    const slow = clientWith(silent, { timeoutMs: 20, pause: async () => {} })
    expect(await faultOf(slow.agent.alive())).toMatchObject({ code: 'Timeout', status: 504 })
  })
})
