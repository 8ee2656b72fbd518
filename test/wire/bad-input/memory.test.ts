import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuardedNode, guardedNode } from '../../kit/guarded-node.ts'
import { heldBytes } from '../../kit/held-bytes.ts'
import { mutatedRequest } from './mutate-request.ts'
import { routes } from './routes.ts'
import { sampleOf } from './seed.ts'
import { inParallel, sendRaw } from './send.ts'
import { bytesOf } from './wire-request.ts'

let node: GuardedNode
beforeAll(async () => {
  node = await guardedNode({})
})
afterAll(() => node.stop())

/** Every route but those that store jobs, which are meant to stay. */
const storing = ['PUT /orchestrator/jobs', 'POST /orchestrator/jobs', 'POST /orchestrator/jobs/batch']
const requests = routes
  .filter(({ name }) => !storing.includes(name))
  .flatMap((route) => sampleOf(`memory ${route.name}`, mutatedRequest(route, { id: 'j-none', name: 'clientkey' }), 25))
  .map(bytesOf)

const send = () => inParallel(requests, async (request) => void (await sendRaw(node.port, request)))

/** In three tests, because what watches the answers of a test keeps them to its end. */
describe(`the memory of a server that is sent ${requests.length} wrong requests`, () => {
  let before = 0

  it('holds what there is one of after the first time [R78]', async () => {
    await send()
    expect((await node.http.get('/agent/alive')).json).toEqual({ Status: 'OK' })
  })

  it('is sent them twice more [R78]', async () => {
    node.said.length = 0
    before = await heldBytes()
    await send()
    await send()
    expect((await node.http.get('/agent/alive')).json).toEqual({ Status: 'OK' })
  })

  it('holds no more then [R78]', async () => {
    node.said.length = 0
    const grown = (await heldBytes()) - before
    console.log(`memory: ${grown} bytes more after ${2 * requests.length} wrong requests`)
    // A request whose objects and connection stayed would be ten times that; what is measured is a third of it.
    expect(grown).toBeLessThan(2 * requests.length * 1_000)
  })
})
