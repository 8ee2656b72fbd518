import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GoldenCluster, startGoldenCluster } from '../../kit/golden-cluster.ts'
import { plainHttp, waitingJob } from '../../kit/plain-http.ts'
import { endOf, serverAt } from '../../kit/served-node.ts'
import { complaint } from './judge.ts'
import { mutatedRequest } from './mutate-request.ts'
import { routes } from './routes.ts'
import { perSubject, replay, sampleOf } from './seed.ts'
import { inParallel, sendRaw } from './send.ts'
import { bytesOf, type WireRequest } from './wire-request.ts'

let cluster: GoldenCluster
let job: string
/** What the nodes logged as errors: what a caller gets wrong is none. */
const errors: string[] = []
beforeAll(async () => {
  cluster = await startGoldenCluster({ onError: (line) => void errors.push(line) })
  job = await submitted(waitingJob())
}, 60_000)
afterAll(() => cluster.stop())

const { get, submitted } = plainHttp(() => cluster.port)

/** What is to be said about requests, each with what it was. */
async function complaints(requests: readonly WireRequest[]): Promise<string[]> {
  const found: string[] = []
  await inParallel(requests, async (request) => {
    const answer = await sendRaw(cluster.port, bytesOf(request)).catch((error: Error) => error)
    const what = answer instanceof Error ? answer.message : complaint(request, answer)
    if (what !== undefined) found.push(`${what}\n    ${JSON.stringify(request).slice(0, 1_000)}`)
  })
  return found
}

describe('requests that are wrong', () => {
  it.each(routes.map((route) => [route.name, route] as const))(
    'get a clear answer and never a 5xx: %s [R78]',
    async (name, route) => {
      const requests = sampleOf(name, mutatedRequest(route, { id: job, name: 'clientkey', execution: 'e-none' }))
      expect(await complaints(requests), replay(`requests to ${name}`, perSubject)).toEqual([])
      expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
      expect(errors).toEqual([])
    },
  )

  it('are two thousand at least, and twenty at least for every route', () => {
    expect(perSubject).toBeGreaterThanOrEqual(20)
    expect(routes.length * perSubject).toBeGreaterThanOrEqual(2_000)
  })

  it('reach the nodes too: a job of types that mean something to JavaScript fails for a reason in words [R88]', async () => {
    const Engine = { Type: 'wasm', Params: { EntryModule: '/x' } }
    const tasks = [
      { Name: 'main', Engine: { Type: 'constructor' } },
      { Name: 'main', Engine, InputSources: [{ Source: { Type: 'constructor' }, Target: '/x' }] },
      { Name: 'main', Engine, Publisher: { Type: 'constructor' } },
    ]
    for (const task of tasks) {
      const id = await submitted({ Type: 'batch', Tasks: [task] })
      const State = await endOf(serverAt(cluster.port), id)
      expect(State).toMatchObject({
        StateType: 'Failed',
        Message: expect.stringMatching(/does not support constructor/),
      })
      expect(State.Message).not.toContain('function')
    }
  })
})
