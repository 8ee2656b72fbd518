import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modulePath, Product, type Server } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({ settings: { 'Compute.AllocatedCapacity.CPU': '2' } })
})
afterAll(() => product?.stop())

const jobs = '/orchestrator/jobs'
const noop = readFileSync(modulePath('noop.wasm')).toString('base64')
const EntryModule = {
  Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${noop}` } },
  Target: '/main.wasm',
}
const job = (change: object = {}, task: object = {}) => ({
  Type: 'batch',
  Count: 1,
  ...change,
  Tasks: [{ Name: 'main', ...task, Engine: { Type: 'wasm', Params: { EntryModule } } }],
})
type Item = { ID: string; State: { StateType: string } }
const batch = async (wanted: object[]) => {
  const { body } = await server.http<{ Items: { JobID: string }[] }>('POST', `${jobs}/batch`, { Jobs: wanted })
  return body.Items.map(({ JobID }) => JobID)
}
const listed = async (query: string) =>
  (await server.http<{ Items: Item[]; NextToken: string }>('GET', `${jobs}?${query}`)).body

describe('many jobs at once', () => {
  it('are all decided, none twice, whatever is done to them meanwhile [W2, W3, W4, W24]', async () => {
    const count = 300
    const label = { many: 'yes' }
    const submitted = Array.from({ length: count }, async (_, n) => {
      const { body } = await server.http<{ JobID: string }>('PUT', jobs, {
        Job: job({ Labels: label, Count: 2, Priority: n % 3 }),
      })
      if (n % 10 === 0) await server.http('DELETE', `${jobs}/${body.JobID}`)
      return body.JobID
    })
    const ids = await Promise.all(submitted)
    for (const id of ids) await ended(server.port, id, 60_000)
    const { Items } = await listed('labels=many&limit=1000')
    expect(Items).toHaveLength(count)
    for (const { ID, State } of Items) {
      const { body } = await server.http<{ Items: { ComputeState: { StateType: number } }[] }>(
        'GET',
        `${jobs}/${ID}/executions`,
      )
      expect(body.Items.length, ID).toBeLessThanOrEqual(2)
      if (State.StateType === 'Completed')
        expect(body.Items.map(({ ComputeState }) => ComputeState.StateType)).toEqual([7, 7])
      else expect([State.StateType, ids.indexOf(ID) % 10]).toEqual(['Stopped', 0])
    }
  })

  it('of a large job do not write it again with each change [W22]', async () => {
    const written = () => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${server.pid}/io`, 'utf8'))?.[1])
    const before = written()
    const sizeBytes = 400_000
    const large = job({ Count: 20, Meta: { large: 'x'.repeat(sizeBytes) } }, { Resources: { CPU: '100m' } })
    const { body } = await server.http<{ JobID: string }>('PUT', jobs, { Job: large })
    type Executions = { Items: { ComputeState: { StateType: number }; Revision: number }[] }
    const executions = async () => (await server.http<Executions>('GET', `${jobs}/${body.JobID}/executions`)).body.Items
    await until(
      'all have ended',
      async () => (await executions()).filter((each) => each.ComputeState.StateType === 7).length === 20,
      60_000,
    )
    expect((await executions()).every(({ Revision }) => Revision >= 3)).toBe(true)
    // Sixty changes; the job is in the log of the database and in the database.
    expect(written() - before).toBeLessThan(8 * sizeBytes)
  })

  it('that waited are decided after a kill, and those that came meanwhile [W1, W24]', async () => {
    const waiting = job(
      { Constraints: [{ Key: 'later', Operator: '=', Values: ['yes'] }] },
      { Timeouts: { QueueTimeout: 600 } },
    )
    const ids = await batch(Array.from({ length: 50 }, () => waiting))
    await server.stop('SIGKILL')
    await server.start()
    const worker = await product.serve({
      name: 'later',
      roles: ['compute'],
      settings: { 'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}` },
      args: ['--labels', 'later=yes'],
    })
    for (const id of ids) expect((await ended(server.port, id, 60_000)).Job.State.StateType).toBe('Completed')
    await worker.stop()
  })

  it('do not make a page of a list slower, nor a label filter of its last page [W41]', async () => {
    const waits = job(
      { Labels: { few: 'no' }, Constraints: [{ Key: 'never', Operator: 'exists' }] },
      { Timeouts: { QueueTimeout: 600 } },
    )
    const fastest = async (query: string) => {
      const times = []
      for (let n = 0; n < 15; n++) {
        const before = performance.now()
        expect((await listed(query)).Items).toHaveLength(10)
        times.push(performance.now() - before)
      }
      return Math.min(...times)
    }
    const few = await fastest('limit=10')
    for (let n = 0; n < 8; n++) await batch(Array.from({ length: 1000 }, () => waits))
    await until('they are there', async () => (await listed('limit=1&labels=few%3Dno')).Items.length === 1)
    for (const query of ['limit=10', 'limit=10&reverse=true', 'limit=10&order_by=id', 'limit=10&labels=many']) {
      // The reference takes 23 µs a job: 190 ms here.
      expect(await fastest(query), query).toBeLessThan(Math.max(40, 20 * few))
    }
  })
})
