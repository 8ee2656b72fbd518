import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ownCertificate } from '../../kit/own-certificate.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

type Node = {
  NodeID: string
  NodeType: string
  Labels: Record<string, string>
  ComputeNodeInfo?: Record<string, unknown>
  BacalhauVersion: Record<string, string>
}

let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({ args: ['--labels', 'region=eu-west-1,disk=ssd'] })
})
afterAll(() => product?.stop())

const withoutHeartbeat = (said: { ConnectionState?: object }) =>
  said.ConnectionState ? { ...said, ConnectionState: undefined } : said
const closedServer = async (): Promise<{ port: number }> => {
  const closed = await webServer(() => {})
  await closed.close()
  return closed
}

/** What a command prints in each of its forms: the same thing. */
const forms = async (command: string[]) => {
  const json = await server.ok([...command, '--output', 'json'])
  const pretty = await server.ok([...command, '--output', 'json', '--pretty'])
  const yaml = await server.ok([...command, '--output', 'yaml'])
  expect(json.trimEnd()).not.toContain('\n')
  expect(pretty).toMatch(/^\{\n {2}"/)
  // The last heartbeat goes on between two commands.
  const [first, ...others] = [JSON.parse(json), JSON.parse(pretty), parse(yaml)].map(withoutHeartbeat)
  for (const other of others) expect(other).toEqual(first)
  return first as unknown as Node
}

describe('the list of nodes', () => {
  it('has the groups of columns that are asked for, and names those that nobody knows [R61]', async () => {
    const said = await server.run(['node', 'list', '--hide-header', '--show', 'labels,colour,version'])
    expect([said.exit, said.stderr]).toEqual([
      0,
      '--show does not know "colour", only labels, version, features, capacity\n',
    ])
    expect(said.stdout).toMatch(/region=eu-west-1/)
    expect(said.stdout).toMatch(/linux/)
    expect((await server.run(['node', 'list', '--show', 'features,capacity'])).stderr).toBe('')
    expect((await server.run(['node', 'list', '--show', ''])).stderr).toBe('')
  })
})

describe('the agent', () => {
  it('says that it is alive [R64, R73, R94]', async () => {
    expect(await forms(['agent', 'alive'])).toEqual({ Status: 'OK' })
    expect(parse(await server.ok(['agent', 'alive']))).toEqual({ Status: 'OK' })
    expect((await server.http('GET', '/agent/alive')).body).toEqual({ Status: 'OK' })
    const { port } = await closedServer()
    const { exit, stdout, stderr } = await server.run(['agent', 'alive', '--api-port', String(port)])
    expect([exit, stdout + stderr]).toEqual([1, expect.stringMatching(/refused|cannot be reached/)])
  })

  it('describes its node: who it is, what it can, its labels and version [R65, R96, R121]', async () => {
    const node = await forms(['agent', 'node'])
    expect(withoutHeartbeat(parse(await server.ok(['agent', 'node'])))).toEqual(node)
    expect(node).toMatchObject({
      NodeID: expect.stringMatching(/^n-/),
      NodeType: 'Compute',
      Labels: { region: 'eu-west-1', disk: 'ssd', 'Operating-System': 'linux', Architecture: expect.any(String) },
      ComputeNodeInfo: { ExecutionEngines: expect.arrayContaining(['wasm']), MaxCapacity: { CPU: expect.any(Number) } },
      BacalhauVersion: { GitVersion: expect.stringMatching(/^v\d/) },
    })
    expect((await server.http<Node>('GET', '/agent/node')).body.NodeID).toBe(node.NodeID)
  })

  it('tells its version [R66, R95]', async () => {
    const { body } = await server.http<Record<string, string>>('GET', '/agent/version')
    expect(Object.keys(body).toSorted()).toEqual([
      'BuildDate',
      'GOARCH',
      'GOOS',
      'GitCommit',
      'GitVersion',
      'Major',
      'Minor',
    ])
    expect(body).toMatchObject({
      Major: expect.stringMatching(/^\d+$/),
      GOOS: 'linux',
      BuildDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    })
    expect(await forms(['agent', 'version'])).toEqual(body)
    expect(await server.ok(['agent', 'version'])).toContain(body['GitVersion'])
  })
})

describe('serve', () => {
  it('starts an orchestrator, a compute node, or both, and stops each of them [R200, R124]', async () => {
    const orchestrator = await product.serve({ roles: ['orchestrator'], name: 'alone' })
    expect((await orchestrator.http<Node>('GET', '/agent/node')).body.NodeType).toBe('Requester')
    const waits = await orchestrator.submit(
      toolJob(['print', 'from afar', '', '0'], { task: { Timeouts: { QueueTimeout: 600 } } }),
    )
    const compute = await product.serve({
      roles: ['compute'],
      name: 'worker',
      settings: { 'Compute.Orchestrators': `nats://127.0.0.1:${orchestrator.linkPort}` },
    })
    const { body } = await compute.http<Node>('GET', '/agent/node')
    expect(body.NodeType).toBe('Compute')
    expect((await compute.http('GET', '/orchestrator/jobs')).status).not.toBe(200)
    const shown = await ended(orchestrator.port, waits)
    expect(shown.Executions.Items).toMatchObject([{ NodeID: body.NodeID, RunOutput: { Stdout: 'from afar' } }])
    const both = (await server.http<{ Nodes: unknown[] }>('GET', '/orchestrator/nodes')).body.Nodes
    expect(both).toHaveLength(1)
    for (const node of [compute, orchestrator]) {
      await node.stop()
      expect(node.exitCode).toBe(0)
    }
  })

  it('stops at once also when its orchestrator was never there', async () => {
    const lonely = await product.serve({
      roles: ['compute'],
      name: 'lonely',
      settings: { 'Compute.Orchestrators': 'nats://127.0.0.1:1' },
    })
    await lonely.stop()
    expect(lonely.exitCode).toBe(0)
  })

  it('takes its settings from config.yaml in its data folder, and flags over it [R201, R121]', async () => {
    await product.file(
      'configured/config.yaml',
      'labels: { from: file, both: file }\nJobDefaults: { Batch: { Priority: 9 } }\n',
    )
    const configured = await product.serve({ name: 'configured' })
    const labels = async (from: Server) => (await from.http<Node>('GET', '/agent/node')).body.Labels
    expect(await labels(configured)).toMatchObject({ from: 'file', both: 'file' })
    const id = await configured.submit(toolJob(['print', '', '', '0']))
    expect((await ended(configured.port, id)).Job).toMatchObject({ Priority: 9 })
    await configured.stop()
    await writeFile(`${configured.dataFolder}/config.yaml`, 'labels: { from: the changed file }\n')
    await configured.start()
    await until('it reads the file again', async () => (await labels(configured))['from'] === 'the changed file')
    expect((await configured.json<{ Job: { ID: string } }>(['job', 'describe', id])).Job.ID).toBe(id)
    await configured.stop()
    const flagged = await product.serve({ name: 'configured', args: ['--labels', 'from=flag'] })
    expect(await labels(flagged)).toMatchObject({ from: 'flag' })
  })
})

it('servers are believed whose authority the system knows, and others are not [S20]', async () => {
  const pair = ownCertificate(['127.0.0.1'])
  const secret = createServer(pair, (_, reply) => void reply.end('{"Status":"OK"}')).listen(0, '127.0.0.1')
  await once(secret, 'listening')
  try {
    const known = join(product.folder, 'known.pem')
    await writeFile(known, pair.cert)
    const alive = ['--tls', '--api-host', '127.0.0.1', '--api-port', String((secret.address() as AddressInfo).port)]
    const said = await server.run([...alive, 'agent', 'alive'], { env: { SSL_CERT_FILE: known } })
    expect([said.exit, said.stderr]).toEqual([0, ''])
    expect((await server.run([...alive, 'agent', 'alive'])).stderr).toContain('certificate signed by unknown authority')
  } finally {
    secret.close()
    secret.closeAllConnections()
  }
})
