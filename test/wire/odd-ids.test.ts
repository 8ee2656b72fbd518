import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '#client/client.ts'
import { type GoldenCluster, startGoldenCluster } from '../kit/golden-cluster.ts'

let cluster: GoldenCluster
let client: Client
beforeAll(async () => {
  cluster = await startGoldenCluster()
  client = new Client({ url: `http://127.0.0.1:${cluster.port}` })
}, 60_000)
afterAll(() => cluster.stop())

const odd = ['a/b', '../x', '/', 'a%2fb', '%', '%2e%2e', 'a?b', 'a#b', '..x', ':id', 'é \\ +&', '$&']
const logs = (id: string) => Array.fromAsync(client.jobs.logs(id))

/** Every other call of a user that names something. */
const calls: [string, (id: string) => Promise<unknown>][] = [
  ['job get', (id) => client.jobs.get(id)],
  ['job stop', (id) => client.jobs.stop(id, { reason: 'test' })],
  ['job history', (id) => client.jobs.history(id)],
  ['job executions', (id) => client.jobs.executions(id)],
  ['job results', (id) => client.jobs.results(id)],
  ['job versions', (id) => client.jobs.versions(id)],
  ['kept result', (id) => client.jobs.keptResult(id, 'e-1', AbortSignal.timeout(60_000))],
  ['node get', (id) => client.nodes.get(id)],
]

describe('an id that means something in URLs', () => {
  it.each(calls)('arrives as it is: %s', async (_name, call) => {
    for (const id of odd) {
      const notFound = { code: 'NotFound', message: expect.stringContaining(id) }
      await expect(call(id), id).rejects.toMatchObject(notFound)
    }
  })

  it('arrives as it is: job logs', async () => {
    for (const id of odd) {
      expect(await logs(id)).toEqual([
        expect.objectContaining({ error: expect.stringContaining(`job not found: ${id}`) }),
      ])
    }
  })

  it.each([...calls, ['job logs', logs] as const])('is refused when no URL can carry it: %s', async (_name, call) => {
    for (const id of ['.', '..']) {
      await expect(call(id), id).rejects.toMatchObject({ code: 'BadRequest', message: `'${id}' is not an id` })
    }
    await expect(call('')).rejects.toMatchObject({ code: 'BadRequest', message: 'the id is empty' })
  })
})
