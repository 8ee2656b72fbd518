import { readdir } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

let product: Product
beforeAll(async () => {
  product = await Product.start()
})
afterAll(() => product?.stop())

const serve = (age: string): Promise<Server> =>
  product.serve({
    name: 'forgetful',
    settings: { 'Orchestrator.Retention.Jobs': age, 'Compute.Logs.Retention': age },
  })

type Listed = { Items: { ID: string; State: { StateType: string } }[] }
const listed = async (server: Server): Promise<string[]> =>
  (await server.http<Listed>('GET', '/orchestrator/jobs')).body.Items.map((job) => job.ID)
const statusOf = async (server: Server, path: string): Promise<number> =>
  (await server.http('GET', `/orchestrator/jobs/${path}`)).status
const stateOf = async (server: Server, id: string): Promise<string> =>
  (await server.http<{ Job: { State: { StateType: string } } }>('GET', `/orchestrator/jobs/${id}`)).body.Job.State
    .StateType
const logFiles = (server: Server): Promise<string[]> => readdir(`${server.dataFolder}/logs`)

/** How many rows of each table belong to how many jobs. */
const rowsOf = (server: Server): Record<string, number> => {
  const database = new DatabaseSync(`${server.dataFolder}/state.db`)
  const count = (column: string, table: string): number =>
    Number(database.prepare(`select count(distinct ${column}) as count from ${table}`).get()?.count)
  const rows = {
    jobs: count('key', 'jobs'),
    versions: count('job_key', 'versions'),
    executions: count('job_key', 'executions'),
    history: count('job_key', 'history'),
    labels: count('job_key', 'job_labels'),
  }
  database.close()
  return rows
}

describe('a node that keeps history for a time', () => {
  it('takes away the history of what has ended, and keeps the job and its output [W23]', async () => {
    const server = await product.serve({ name: 'brief', settings: { 'Orchestrator.Retention.History': '1s' } })
    const id = await server.submit(toolJob(['print', 'kept', '', '0']))
    await ended(server.port, id)
    const lines = async () =>
      (await server.http<{ Items: unknown[] }>('GET', `/orchestrator/jobs/${id}/history`)).body.Items.length
    await until('the history is gone', async () => (await lines()) === 0)
    expect(await stateOf(server, id)).toBe('Completed')
    expect(await server.ok(['job', 'logs', id])).toContain('kept')
    expect(await server.json<unknown[]>(['job', 'history', id])).toEqual([])
    await server.stop()
  })
})

describe('a node that keeps what has ended for a time', () => {
  it('still has what is younger, over a restart too, and forgets the rest with all that belonged to it [W23]', async () => {
    const patient = await serve('1h')
    const long = await patient.submit(toolJob(['sleep', '600000'], { job: { Labels: { kind: 'long' } } }))
    const short = await patient.submit(
      toolJob(['print', 'x'.repeat(5_000), '', '0'], { job: { Labels: { kind: 'short' } } }),
    )
    const output = `${(await ended(patient.port, short)).Executions.Items[0]?.ID}.log`
    await until('the long one runs', async () => (await stateOf(patient, long)) === 'Running')
    await patient.stop()
    await patient.start()
    expect((await listed(patient)).toSorted()).toEqual([long, short].toSorted())
    expect(await patient.ok(['job', 'logs', short])).toContain('x'.repeat(5_000))
    await patient.stop()
    expect(await logFiles(patient)).toContain(output)
    expect(rowsOf(patient)).toEqual({ jobs: 2, versions: 2, executions: 2, history: 2, labels: 2 })

    const forgetful = await serve('1s')
    await until('it is forgotten', async () => (await statusOf(forgetful, short)) === 404)
    expect(await listed(forgetful)).toEqual([long])
    for (const part of ['executions', 'history', 'results', 'versions'])
      expect(await statusOf(forgetful, `${short}/${part}`)).toBe(404)
    const described = await forgetful.run(['job', 'describe', short])
    expect(described).toMatchObject({ exit: 1, stdout: '' })
    expect(described.stderr).toContain(`job not found: ${short}`)
    await until('its output is gone', async () => !(await logFiles(forgetful)).includes(output))
    expect(await forgetful.ok(['job', 'logs', long])).not.toBe('')

    await forgetful.stop()
    await forgetful.start()
    expect(await listed(forgetful)).toEqual([long])
    await until('the long one runs', async () => (await stateOf(forgetful, long)) === 'Running')
    await forgetful.stop()
    expect(rowsOf(forgetful)).toEqual({ jobs: 1, versions: 1, executions: 1, history: 1, labels: 1 })
  })
})
