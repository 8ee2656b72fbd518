import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server
let node: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({ roles: ['orchestrator'], name: 'orchestrator' })
  node = await product.serve({
    roles: ['compute'],
    name: 'node',
    settings: { 'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}` },
  })
})
afterAll(() => product?.stop())

const isConnected = async () =>
  (await server.http<{ Nodes: { Connection: string }[] }>('GET', '/orchestrator/nodes')).body.Nodes.some(
    ({ Connection }) => Connection === 'CONNECTED',
  )

const bytes = 12_000_000
const blockBytes = 65_536
const block = Array.from({ length: blockBytes }, (_, at) =>
  at % 64 === 63 ? '\n' : String.fromCharCode(97 + (at % 26)),
).join('')
const whole = block.repeat(Math.ceil(bytes / blockBytes)).slice(0, bytes)
const queued = { task: { Timeouts: { QueueTimeout: 60 } } }
/** Commands end what they print with an empty line, as recorded. */
const logs = async (id: string, ...flags: string[]) => (await server.ok(['job', 'logs', ...flags, id])).slice(0, -1)

describe('output that a node keeps', () => {
  it('is the same, byte by byte, while it is printed, after the end, and after both nodes were restarted [R19, R20, X1]', async () => {
    const id = await server.submit(toolJob(['flood', String(bytes), String(blockBytes)], queued))
    expect((await logs(id, '--follow')) === whole).toBe(true)
    const waiting = await server.submit(toolJob(['sleep', '600000'], queued))
    await until('it has printed', async () => (await logs(waiting)) === 'sleeping\n')
    await server.ok(['job', 'stop', waiting])
    await ended(server.port, waiting)
    expect((await logs(id)) === whole).toBe(true)
    await node.stop()
    await server.stop()
    await server.start()
    await node.start()
    await until('the node is there again', isConnected)
    expect((await logs(id)) === whole).toBe(true)
    expect(await logs(waiting)).toBe('sleeping\n')
    expect(await logs(id, '--grep', '^abc')).toBe(whole.replaceAll(/^(?!abc).*\n?/gm, ''))

    await node.stop()
    const away = await server.run(['job', 'logs', id])
    expect(away.exit).toBe(1)
    expect(away.stderr).toMatch(/node \S+ cannot be reached for its logs of execution e-\S+ it is away since \d{4}-/)
    expect(away.stderr).toContain('bacalhau node list')
  }, 120_000)
})
