import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '#client/client.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'
import { plainHttp } from '../kit/plain-http.ts'
import { until } from '../kit/until.ts'

let cluster: GoldenCluster
beforeAll(async () => {
  cluster = await startGoldenCluster()
}, 60_000)
afterAll(() => cluster.stop())

const { get, submit } = plainHttp(() => cluster.port)
const echo = readFileSync(join(import.meta.dirname, '../../examples/echo/echo.wasm')).toString('base64')

/** A job that prints a word; its module lies where `wasm run` of newer clients puts it. */
const printing = (word: string, change: object = {}) => ({
  Name: 'printer',
  Type: 'batch',
  ...change,
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'wasm', Params: { EntryModule: 'main.wasm', Parameters: [word] } },
      InputSources: [
        { Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${echo}` } }, Target: 'main.wasm' },
      ],
    },
  ],
})

/** A submission of a client that knows versions; the id of the job, once it is in that state. */
async function submitted(job: object, state: string): Promise<string> {
  const { JobID } = (await submit(job, { 'X-Bacalhau-Git-Version': 'v1.9.3' })).json
  const stateOf = async () => (await get(`/orchestrator/jobs/${JobID}`)).json.Job.State.StateType
  await until(`${JobID} is ${state}`, async () => (await stateOf()) === state)
  return JobID
}

async function logsOf(id: string, version?: number, follow = false): Promise<string> {
  let text = ''
  const client = new Client({ url: `http://127.0.0.1:${cluster.port}` })
  const query = { follow, ...(version === undefined ? {} : { job_version: version }) }
  for await (const { value, error } of client.jobs.logs(id, query)) text += error ?? value.Line
  return text
}

describe('logs of a version [R19, R20, I10]', () => {
  it('are those of its own executions, and without one the newest', async () => {
    const id = await submitted(printing('first'), 'Completed')
    expect(await submitted(printing('second'), 'Completed')).toBe(id)
    expect([await logsOf(id), await logsOf(id, 1), await logsOf(id, 2), await logsOf(id, 0)]).toEqual([
      'second\n',
      'first\n',
      'second\n',
      'second\n',
    ])
  })

  it('say so when the version is not there or never ran; following does not wait for it', async () => {
    const never = { Name: 'waits first', Constraints: [{ Key: 'never', Operator: 'exists' }] }
    const id = await submitted(printing('never', never), 'Failed')
    await submitted(printing('at last', { Name: 'waits first' }), 'Completed')
    expect(await logsOf(id)).toBe('at last\n')
    for (const follow of [false, true]) {
      expect(await logsOf(id, 1, follow)).toContain(`no executions found for job ${id}, and version 1`)
      expect(await logsOf(id, 7, follow)).toContain(`job version 7 not found for job ${id}`)
    }
  })
})
