import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server
let worker: Server
let node: string

type Shown = {
  Info: { NodeID: string; NodeType: string; Labels: Record<string, string> }
  Membership: string
  Message?: string
  ConnectionState: { Status: string }
}

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({
    roles: ['orchestrator'],
    settings: { 'Orchestrator.NodeManager.ManualApproval': 'true', 'Compute.Heartbeat.Interval': '1s' },
  })
  worker = await product.serve({
    roles: ['compute'],
    name: 'worker',
    settings: {
      'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}`,
      'Compute.Heartbeat.InfoUpdateInterval': '500ms',
    },
  })
  await until('it is known', async () => (await nodes()).length === 1)
  node = (await nodes())[0]!.Info.NodeID
})
afterAll(() => product?.stop())

const nodes = async (args: string[] = []): Promise<Shown[]> => {
  const all = await server.json<Shown[]>(['node', 'list', ...args])
  return all.filter(({ Info }) => Info.NodeType === 'Compute')
}
const states = async () => (await nodes()).map((each) => `${each.Membership} ${each.ConnectionState.Status}`)

describe('who may take part', () => {
  it('a node waits until it is approved, and so does work for it [R50, R52, R55, R57, R204]', async () => {
    expect((await nodes(['--filter-approval', 'pending'])).map(({ Info }) => Info.NodeID)).toEqual([node])
    const id = await server.submit(toolJob(['print', 'hello', '', '0'], { task: { Timeouts: { QueueTimeout: 60 } } }))
    expect(await server.ok(['node', 'approve', node, '--message', 'known to us'])).toBe('Ok\n\n')
    expect((await ended(server.port, id)).Job.State.StateType).toBe('Completed')
  })

  it('a node that runs has the labels that its operator writes into its file, and what waits for them starts [R121, R202, W28]', async () => {
    const zoneOf = async () => (await nodes())[0]?.Info.Labels['zone']
    const write = (value: string) =>
      worker.ok(['config', 'set', '--data-dir', worker.dataFolder, `Labels=zone=${value}`])
    const Constraints = [{ Key: 'zone', Operator: '=', Values: ['b'] }]
    const job = { job: { Constraints }, task: { Timeouts: { QueueTimeout: 60 } } }
    const id = await server.submit(toolJob(['print', 'hello', '', '0'], job))
    await write('a')
    await until('it is called so', async () => (await zoneOf()) === 'a')
    await write('b')
    expect((await ended(server.port, id)).Job.State.StateType).toBe('Completed')
    expect(await zoneOf()).toBe('b')
  })

  it('a rejected node is out until it is approved again, and saying it twice is an error [R53, R55]', async () => {
    expect(await server.ok(['node', 'reject', node.slice(0, 12), '-m', 'not today'])).toBe('Ok\n\n')
    await until('REJECTED DISCONNECTED', async () => (await states())[0] === 'REJECTED DISCONNECTED')
    expect((await nodes())[0]?.Message).toBe('not today')
    await until('it is told why', () => worker.said.includes('node has been rejected: not today'))
    const { exit, stdout, stderr } = await server.run(['node', 'reject', node])
    expect([exit, stdout, stderr]).toEqual([1, '', `Error: Failed to reject node ${node}: node already rejected\n`])
    await server.ok(['node', 'approve', node])
    // A node that was refused asks again after 15 s at the latest.
    await until('APPROVED CONNECTED', async () => (await states())[0] === 'APPROVED CONNECTED')
  })

  it('a node that is deleted registers anew, as one that waits [R54]', async () => {
    await server.ok(['node', 'delete', node])
    // It learns with its next heartbeat that it is not known any more.
    await until('PENDING CONNECTED', async () => (await states())[0] === 'PENDING CONNECTED')
  })

  it('an unknown node is an error [R50]', async () => {
    const { exit, stderr } = await server.run(['node', 'delete', 'n-nobody'])
    expect([exit, stderr]).toEqual([1, expect.stringContaining('Failed to delete node n-nobody: ')])
  })
})
