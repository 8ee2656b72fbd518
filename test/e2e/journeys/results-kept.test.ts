import { randomBytes } from 'node:crypto'
import { readdir, readFile, truncate } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiFetch } from '../../kit/api-fetch.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server
let keeper: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({ roles: ['orchestrator'], name: 'orchestrator' })
  // Port 0: another one at each start.
  keeper = await product.serve({
    roles: ['compute'],
    name: 'keeper',
    settings: { 'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}` },
  })
})
afterAll(() => product?.stop())

/** Larger than what fits into one message between nodes, however it is compressed. */
const content = randomBytes(1_000_000).toString('base64')

type Published = { id: string; executionId: string; url: string; archive: Buffer }
const published = async (Count = 1): Promise<Published> => {
  const task = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'out', Path: '/out' }] }
  const id = await server.submit(toolJob(['write', '/out/a', content], { job: { Count }, task }))
  const [execution] = (await ended(server.port, id)).Executions.Items
  const url = String(execution?.PublishedResult?.Params?.['URL'])
  return { id, executionId: String(execution?.ID), url, archive: await bytesOf(await fetch(url)) }
}
const bytesOf = async (reply: Response) => Buffer.from(await reply.arrayBuffer())

const keptPath = ({ id, executionId }: Published) => `/orchestrator/jobs/${id}/results/${executionId}`
const ask = (path: string, headers: Record<string, string> = {}) =>
  apiFetch(`http://127.0.0.1:${server.port}/api/v1${path}`, { headers })

const restarted = async ({ url }: Published): Promise<void> => {
  await keeper.stop()
  await keeper.start()
  await expect(fetch(url)).rejects.toThrow()
  await until('it is connected again', isConnected)
}
const isConnected = async () =>
  (await server.http<{ Nodes: { Connection: string }[] }>('GET', '/orchestrator/nodes')).body.Nodes.some(
    ({ Connection }) => Connection === 'CONNECTED',
  )
const get = (id: string, folder: string) => server.run(['job', 'get', id], { cwd: product.folder + folder })

describe('a result that a compute node keeps', () => {
  it('is delivered with the same bytes when the port of the node has changed [R187, R190, X5]', async () => {
    const result = await published()
    await restarted(result)
    const { exit, stdout, stderr } = await get(result.id, '')
    expect(exit, stderr).toBe(0)
    const into = stdout.trim().split('\n').at(-1) ?? ''
    expect(await readFile(`${into}/out/a`, 'utf8')).toBe(content)
    expect((await readdir(into)).toSorted()).toEqual(['exitCode', 'out', 'stderr', 'stdout'])
    const told = stderr.split('\n').filter((line) => line.includes('through the orchestrator'))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(result.url)
    const kept = await ask(keptPath(result))
    expect((await bytesOf(kept)).equals(result.archive)).toBe(true)
  })

  it('of several executions is fetched with one word about the address, where somebody else answers now [R49, R190]', async () => {
    const result = await published(3)
    await restarted(result)
    const stranger = await webServer((_, reply) => void reply.writeHead(404).end(), Number(new URL(result.url).port))
    const { exit, stdout, stderr } = await get(result.id, '')
    expect(exit, stderr).toBe(0)
    const into = stdout.trim().split('\n').at(-1) ?? ''
    const files = (await readdir(into, { recursive: true })).filter((path) => path.endsWith('/out/a'))
    expect(files).toHaveLength(3)
    for (const file of files) expect(await readFile(`${into}/${file}`, 'utf8')).toBe(content)
    expect(stderr.split('through the orchestrator')).toHaveLength(2)
    expect(stranger.requests).toHaveLength(1)
    await stranger.close()
  })

  it('is given out by the orchestrator as its node would, also its rest [R188, R190]', async () => {
    const result = await published()
    const whole = await ask(keptPath(result))
    expect(whole.status).toBe(200)
    expect(whole.headers.get('content-type')).toBe('application/gzip')
    expect(whole.headers.get('content-length')).toBe(String(result.archive.length))
    expect((await bytesOf(whole)).equals(result.archive)).toBe(true)
    const tag = whole.headers.get('etag') ?? ''
    const rest = await ask(keptPath(result), { Range: 'bytes=700000-', 'If-Range': tag })
    expect(rest.status).toBe(206)
    expect(rest.headers.get('content-range')).toBe(`bytes 700000-${result.archive.length - 1}/${result.archive.length}`)
    expect((await bytesOf(rest)).equals(result.archive.subarray(700_000))).toBe(true)
    const other = await ask(keptPath(result), { Range: 'bytes=700000-', 'If-Range': '"other"' })
    expect([other.status, (await bytesOf(other)).length]).toEqual([200, result.archive.length])
    expect((await ask(keptPath(result), { Range: 'bytes=900000000-' })).status).toBe(416)
    const missing = await ask(`/orchestrator/jobs/${result.id}/results/e-none`)
    expect(missing.status).toBe(404)
    expect(await missing.text()).toContain('unable to find execution e-none')
    const outside = await ask(`/orchestrator/jobs/${result.id}/results/..%2f..%2fidentity`)
    expect(outside.status).toBe(404)
  })

  it('of a node that is its own orchestrator is delivered too, after both had gone [R190, R200]', async () => {
    const both = await product.serve({ name: 'both' })
    const task = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'out', Path: '/out' }] }
    const id = await both.submit(toolJob(['write', '/out/a', content], { task }))
    const [execution] = (await ended(both.port, id)).Executions.Items
    await both.stop()
    await both.start()
    await expect(fetch(String(execution?.PublishedResult?.Params?.['URL']))).rejects.toThrow()
    const said = await both.ok(['job', 'get', id])
    expect(await readFile(`${said.trim().split('\n').at(-1)}/out/a`, 'utf8')).toBe(content)
    await both.stop()
  })

  it('leaves nothing of itself when it is damaged [R190]', async () => {
    const result = await published()
    const file = (await readdir(keeper.dataFolder, { recursive: true })).find((path) =>
      path.endsWith(`${result.executionId}.tar.gz`),
    )
    await truncate(`${keeper.dataFolder}/${file}`, result.archive.length - 1_000)
    const { exit, stderr } = await get(result.id, '')
    expect(exit).toBe(1)
    expect(stderr).toContain('cannot unpack the archive')
    expect(await readdir(`${product.folder}/job-${result.id.slice(0, 10)}`)).toEqual([])
  })

  it('cannot be had while its node is down: that is said, with what to do [R190]', async () => {
    const result = await published()
    await keeper.stop()
    const { exit, stderr } = await get(result.id, '')
    expect(exit).toBe(1)
    expect(stderr).toContain(`keeps the result of ${result.executionId}, cannot be reached`)
    expect(stderr).toContain('Try again when the node is connected')
    const reply = await ask(keptPath(result), { 'X-Bacalhau-Git-Version': 'v1.7.0' })
    expect(reply.status).toBe(503)
    expect(await reply.json()).toMatchObject({ Code: 'ServiceUnavailable', Hint: expect.stringContaining('Try again') })
  })
})
