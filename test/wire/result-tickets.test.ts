import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentApi, JobsApi } from '#contracts/control-plane.ts'
import { buildInfo } from '#lib/build-info.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import type { KeyPlace } from '#server/auth/tokens.ts'
import { createServer, type Server } from '#server/create-server.ts'
import { basic } from '../kit/guarded-node.ts'
import { partOf } from '../kit/part-of.ts'

const bytes = Buffer.from('what the orchestrator keeps')
const kept = { Type: 'link', Params: { ExecutionID: 'e-told-by-a-node', SHA256: 'ab', SizeBytes: bytes.length } }

/** Two jobs whose results the orchestrator keeps, and one whose result is elsewhere. */
const jobs = partOf<JobsApi>({
  resolve: async (id: string) => id as JobId,
  get: async () => ({ Namespace: 'default' }),
  results: async (id: JobId) => {
    const result = id === 'j-web' ? { Type: 'urlDownload', Params: { URL: 'http://node/e.tar.gz' } } : kept
    return [{ executionId: id.replace('j-', 'e-') as ExecutionId, result }]
  },
  keptResult: async (id: JobId, executionId: ExecutionId) => {
    if (executionId !== id.replace('j-', 'e-')) throw new Fault('NotFound', `unable to find execution ${executionId}`)
    return {
      sizeBytes: bytes.length,
      tag: 't',
      async *from(offset: number) {
        yield bytes.subarray(offset)
      },
    }
  },
})

const ada = basic('ada', 'a long password')
const Users = [{ Username: 'ada', Password: 'a long password', Capabilities: [{ Actions: ['read:job'] }] }]
const clock = Object.assign(new SystemClock(), { aheadMs: 0 })
clock.nowMs = () => Date.now() + clock.aheadMs

let pem: string | undefined
const keyPlace = (): KeyPlace => ({
  pem,
  keep: async (made) => {
    pem = made
  },
})
const serve = async (users: unknown, tokenKey = keyPlace()): Promise<Server> => {
  const server = await createServer({
    nodeId: 'n-test',
    controlPlane: { agent: {} as AgentApi, jobs },
    settings: { host: '127.0.0.1', port: 0, users, tokenKey },
    version: buildInfo,
    clock,
    random: systemRandom,
    log: { isLevelEnabled: () => false, debug() {}, info() {}, warn() {}, error() {} },
  })
  await server.start()
  return server
}

let server: Server
beforeAll(async () => {
  server = await serve(Users)
})
afterAll(() => server.stop())

type Result = { Type: string; Params: Record<string, string> }
const resultOf = async (id: string, headers: Record<string, string> = ada, from = server): Promise<Result> => {
  const answer = await fetch(`${from.address.url}/api/v1/orchestrator/jobs/${id}/results`, { headers })
  return ((await answer.json()) as { Items: [Result] }).Items[0]
}
const addressOf = async (id: string): Promise<string> => (await resultOf(id)).Params['URL'] ?? ''
const refusalOf = async (url: string, headers = {}): Promise<[number, string]> => {
  const answer = await fetch(url, { headers: { 'X-Bacalhau-Git-Version': 'v1.9.3', ...headers } })
  return [answer.status, ((await answer.json()) as { Message: string }).Message]
}

describe('a result that the orchestrator keeps', () => {
  it('has an address that clients know how to fetch and unpack, with a digest for those who check it [F4]', async () => {
    const { Type, Params } = await resultOf('j-1')
    expect(Type).toBe('urlDownload')
    expect(Params).toMatchObject({ ExecutionID: 'e-1', SHA256: 'ab', SizeBytes: bytes.length })
    const { origin, pathname } = new URL(Params['URL'] ?? '')
    expect(origin).toBe(server.address.url)
    expect(pathname).toBe('/api/v1/orchestrator/jobs/j-1/results/e-1.tar.gz')
  })

  it('is told where it is when it is elsewhere', async () => {
    expect(await resultOf('j-web')).toEqual({ Type: 'urlDownload', Params: { URL: 'http://node/e.tar.gz' } })
  })

  it('is opened by its address alone, also its rest and after a restart [F4]', async () => {
    const url = await addressOf('j-1')
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(bytes)
    const rest = await fetch(url, { headers: { Range: 'bytes=5-', 'If-Range': '"t"' } })
    expect([rest.status, await rest.text()]).toEqual([206, bytes.subarray(5).toString()])
    const restarted = await serve(Users)
    expect((await fetch(url.replace(server.address.url, restarted.address.url))).status).toBe(200)
    await restarted.stop()
    const other = await serve(Users, { pem: undefined, keep: async () => {} })
    expect((await fetch(url.replace(server.address.url, other.address.url))).status).toBe(403)
    await other.stop()
  })

  it('is not opened by a ticket of another result, by half a ticket, or by none', async () => {
    const url = await addressOf('j-1')
    const refused = [403, 'the ticket does not open this result']
    expect(await refusalOf(url.replaceAll('j-1', 'j-2').replaceAll('e-1', 'e-2'))).toEqual(refused)
    expect(await refusalOf(url.replace('e-1.tar.gz', 'e-2.tar.gz'))).toEqual(refused)
    expect(await refusalOf(url.slice(0, -1))).toEqual(refused)
    expect(await refusalOf(url.replace(/ticket=\d+/, 'ticket=9999999999'))).toEqual(refused)
    expect(await refusalOf(url.replace(/ticket=.*/, 'ticket=x'))).toEqual(refused)
    // Who shows a ticket is judged by it alone.
    expect(await refusalOf(url.replace(/ticket=.*/, 'ticket=x'), ada)).toEqual(refused)
    expect((await fetch(url.replace(/\?.*/, ''))).status).toBe(401)
    expect((await fetch(url.replace(/ticket=.*/, 'ticket='))).status).toBe(401)
  })

  it('is all that its ticket opens', async () => {
    const ticket = new URL(await addressOf('j-1')).search
    for (const path of ['/orchestrator/jobs/j-1', '/orchestrator/jobs/j-1/results', '/orchestrator/nodes'])
      expect((await fetch(`${server.address.url}/api/v1${path}${ticket}`)).status, path).toBe(401)
  })

  it('is open for half an hour', async () => {
    const url = await addressOf('j-1')
    clock.aheadMs += 29 * 60_000
    expect((await fetch(url)).status).toBe(200)
    clock.aheadMs += 2 * 60_000
    expect(await refusalOf(url)).toEqual([403, 'the ticket has expired'])
  })

  it('has its address where the caller came in, also through a proxy that speaks TLS for us', async () => {
    const open = await serve([])
    const { Params } = await resultOf('j-1', { 'X-Forwarded-Proto': 'https' }, open)
    expect(Params['URL']).toMatch(`${open.address.url.replace('http:', 'https:')}/api/v1/`)
    await open.stop()
  })
})
