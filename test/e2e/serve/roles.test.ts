import { existsSync, readFileSync } from 'node:fs'
import { cpus, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { apiFetch } from '../../kit/api-fetch.ts'
import { BuiltProduct } from '../../kit/built-product.ts'
import type { Program } from '../../kit/program.ts'
import { anyPorts, ask, endOf, serveNode, serverAt, smallJob, submit } from '../../kit/served-node.ts'
import { until } from '../../kit/until.ts'

let product: BuiltProduct
beforeEach(() => {
  product = new BuiltProduct()
})
afterEach(() => product.close())

/** Whether the port answers on another address of this machine than 127.0.0.1. */
const isOpenToOthers = (port: string | number): Promise<boolean> =>
  apiFetch(`http://127.0.0.2:${port}/api/v1/agent/alive`).then(
    () => true,
    () => false,
  )
const readyPort = async (program: Program): Promise<string> =>
  (await program.says(/ready at http:\/\/127\.0\.0\.1:(\d+)/))[1] as string

it('both roles, in the words of 1.4, print what a client and a further node need [R200]', async () => {
  const ports = ['--port', '0', '--network-port', '0', '--local-publisher-port', '0']
  const program = product.start([
    'serve',
    '--node-type',
    'requester,compute',
    ...ports,
    '--repo',
    `${product.folder}/r`,
  ])
  const port = await readyPort(program)
  const { code, stdout } = await program.end('SIGINT')
  expect(code).toBe(0)
  expect(stdout).toMatch(/ serve --node-type=compute --orchestrators=nats:\/\/127\.0\.0\.1:\d+ \n/)
  expect(stdout).toContain(
    `\nexport BACALHAU_NODE_CLIENTAPI_HOST=127.0.0.1\nexport BACALHAU_NODE_CLIENTAPI_PORT=${port}\n`,
  )
  expect(stdout).toContain(`written to: ${product.folder}/r/bacalhau.run\n`)
})

it('both roles in the newer words keep stdout empty, listen on this machine only, and run work [R200]', async () => {
  const node = await serveNode(product)
  const exports = readFileSync(join(node.folder, 'bacalhau.run'), 'utf8')
  expect(exports).toContain(`export BACALHAU_API_PORT=${node.port}\n`)
  expect(exports).toContain(`export BACALHAU_NODE_NETWORK_ORCHESTRATORS=nats://127.0.0.1:${node.linkPort}\n`)
  expect(await isOpenToOthers(node.port)).toBe(false)
  expect(node.program.said).not.toContain('Warning')
  const { body } = await submit(node, smallJob('one'))
  expect(await endOf(node, body.JobID)).toMatchObject({ StateType: 'Completed' })
  expect(await node.program.end()).toMatchObject({ code: 0, stdout: '' })
})

it('an orchestrator and a compute node of their own share a folder, find each other and run work [R200, R206]', async () => {
  const folder = join(product.folder, 'shared')
  const env = { BACALHAU_DIR: folder }
  const orchestrator = product.start(['serve', '--orchestrator', ...anyPorts], env)
  const port = await readyPort(orchestrator)
  const [, linkPort] = await orchestrator.says(/nats:\/\/127\.0\.0\.1:(\d+)/)
  const compute = product.start(
    ['serve', '--compute', '--orchestrators', `nats://127.0.0.1:${linkPort}`, ...anyPorts],
    env,
  )
  const computePort = await readyPort(compute)
  const node = serverAt(port)
  const workers = async () =>
    (await ask(node, 'GET', '/orchestrator/nodes')).body.Nodes.filter((each: any) => each.Info.NodeType === 'Compute')
  await until('the compute node is known', async () => (await workers()).length === 1)
  const [{ Info, Connection }] = await workers()
  expect(Connection).toBe('CONNECTED')
  const { CPU, Memory, Disk } = Info.ComputeNodeInfo.MaxCapacity
  expect(CPU).toBeGreaterThan(0)
  expect(CPU).toBeLessThanOrEqual(cpus().length)
  expect(Math.min(Memory, Disk)).toBeGreaterThan(1e6)
  const { body } = await submit(node, smallJob('one'))
  expect(await endOf(node, body.JobID)).toMatchObject({ StateType: 'Completed' })

  expect(await Promise.all([port, computePort].map(isOpenToOthers))).toEqual([true, true])
  expect(orchestrator.said).toContain(`Warning: the API on 0.0.0.0:${port} does what anybody who reaches it asks.`)
  const own = await ask(node, 'GET', '/agent/node')
  expect(own.body.Warnings).toEqual([expect.stringContaining('does what anybody who reaches it asks')])
  expect((await apiFetch(`http://127.0.0.1:${computePort}/api/v1/orchestrator/jobs`)).status).toBe(404)
  for (const role of ['orchestrator', 'compute']) expect(existsSync(join(folder, role, 'state.db'))).toBe(true)
  for (const program of [compute, orchestrator]) expect((await program.end()).code).toBe(0)
})

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))
it.runIf(hasIpv6)('listens on an IPv6 address, and its own exports lead there [R200]', async () => {
  const node = product.start(['serve', '--orchestrator', '--compute', ...anyPorts, '--host', '::1'])
  const [, port] = await node.says(/ready at http:\/\/\[::1\]:(\d+)\n/)
  const env = { BACALHAU_API_HOST: '::1', BACALHAU_API_PORT: port }
  expect((await product.run(['agent', 'alive'], env)).stdout).toContain('OK')
  expect((await node.end()).code).toBe(0)
})

it('without a role it is an orchestrator, and says so [R200]', async () => {
  const program = product.start(['serve', ...anyPorts])
  await program.says(/Orchestrator \S+ is ready/)
  expect(program.said).toContain('neither --compute nor --orchestrator were provided, defaulting to orchestrator node.')
  expect((await program.end()).code).toBe(0)
})

it('keeps its name in the data folder, and settings in its config.yaml [R201, R202]', async () => {
  const first = await serveNode(product, ['--labels', 'zone=a'])
  const { NodeID, Labels } = (await ask(first, 'GET', '/agent/node')).body.Info
  expect(Labels).toMatchObject({ zone: 'a' })
  await first.program.end()
  const again = await serveNode(product)
  expect((await ask(again, 'GET', '/agent/node')).body.Info.NodeID).toBe(NodeID)
  await again.program.end()
})
