import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentApi, JobsApi } from '#contracts/control-plane.ts'
import { buildInfo } from '#lib/build-info.ts'
import { Fault, faultOf } from '#lib/fault.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { createServer, type Server } from '#server/create-server.ts'

let take: (bytes: AsyncIterable<Uint8Array>) => Promise<void>
let server: Server
beforeAll(async () => {
  const jobs = { takeChunk: (_: string, __: string, ___: string, bytes: AsyncIterable<Uint8Array>) => take(bytes) }
  server = await createServer({
    nodeId: 'n-test',
    controlPlane: { agent: {} as AgentApi, jobs: jobs as unknown as JobsApi },
    settings: { host: '127.0.0.1', port: 0 },
    version: buildInfo,
    clock: new SystemClock(),
    random: systemRandom,
    log: { isLevelEnabled: () => false, debug() {}, info() {}, warn() {}, error() {} },
  })
  await server.start()
})
afterAll(() => server.stop())

const path = '/api/v1/orchestrator/jobs/uploads/u-1/chunks/ab'

describe('a chunk of an upload', () => {
  it.each([
    ['in the middle', true],
    ['before it is read', false],
  ])('that is refused %s is answered, so that its sender learns why', async (_when, isBegun) => {
    take = async (bytes) => {
      if (isBegun) for await (const _ of bytes) break
      throw new Fault('StorageFull', 'no room for it')
    }
    const headers = { 'X-Bacalhau-Git-Version': 'v1.9.3' }
    for (let turn = 0; turn < 30; turn++) {
      const answer = await fetch(server.address.url + path, { method: 'PUT', body: new Uint8Array(4_000_000), headers })
      expect([answer.status, await answer.json()]).toMatchObject([507, { Message: 'no room for it' }])
    }
  })

  it('of which only half comes is told as that, and holds nothing', async () => {
    const ended = Promise.withResolvers<unknown>()
    take = async (bytes) => {
      try {
        for await (const _ of bytes);
        ended.resolve('came whole')
      } catch (error) {
        ended.resolve(faultOf(error))
        throw error
      }
    }
    const socket = connect(server.address.port, '127.0.0.1')
    socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`, () => socket.end())
    expect(await ended.promise).toMatchObject({ code: 'BadRequest', message: 'the chunk broke off' })
    socket.destroy()
  })
})
