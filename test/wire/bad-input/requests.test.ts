import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GoldenCluster, startGoldenCluster } from '../../kit/golden-cluster.ts'
import { plainHttp, waitingJob } from '../../kit/plain-http.ts'
import { complaint } from './judge.ts'
import { mutatedRequest } from './mutate-request.ts'
import { routes } from './routes.ts'
import { perSubject, replay, sampleOf } from './seed.ts'
import { inParallel, sendRaw } from './send.ts'
import { bytesOf, type WireRequest } from './wire-request.ts'

let cluster: GoldenCluster
let job: string
beforeAll(async () => {
  cluster = await startGoldenCluster()
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
      expect(requests.length).toBeGreaterThanOrEqual(20)
      expect(await complaints(requests), replay(`requests to ${name}`, perSubject)).toEqual([])
      expect((await get('/agent/alive')).json).toEqual({ Status: 'OK' })
    },
  )
})
