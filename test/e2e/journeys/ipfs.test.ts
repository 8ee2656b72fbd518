import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { heliaModule } from '../../kit/helia-node.ts'
import { type KuboNode, kuboNode } from '../../kit/kubo-node.ts'
import { allowedFixtures, localInput, modulePath, Product, type Server, toolJob } from '../../kit/product.ts'
import { S3Server } from '../../kit/s3-server.ts'
import { until } from '../../kit/until.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server
let node: KuboNode
let web: WebServer
let store: S3Server

beforeAll(async () => {
  product = await Product.start()
  ;[node, store] = await Promise.all([kuboNode(), S3Server.start()])
  web = await webServer((_, reply) => void reply.end('from the web\n'))
  const local = await product.file('local/file', 'from a folder\n')
  server = await product.serve({
    settings: {
      'InputSources.Types.IPFS.Endpoint': node.endpoint,
      'Publishers.Types.IPFS.Endpoint': node.endpoint,
      'Compute.S3.Anonymous': 'true',
      'Compute.AllowListedLocalPaths': `${allowedFixtures},${local}`,
    },
  })
})
afterAll(async () => {
  await product?.stop()
  await Promise.all([node, web, store].map((each) => each?.close()))
})

const text = (content: string) => node.addFile(Buffer.from(content))
const run = async (job: object) => ended(server.port, await server.submit(job))
const stdoutOf = (shown: Awaited<ReturnType<typeof run>>) => shown.Executions.Items[0]?.RunOutput?.Stdout
const fromIpfs = (cid: unknown, Target: string) => ({ Source: { Type: 'ipfs', Params: { CID: `${cid}` } }, Target })

describe('jobs with IPFS', () => {
  it('read content and publish to it on the command line, and get it back [R184, R185, R191]', async () => {
    const folder = await node.addFolder([{ name: 'words', cid: await text('from IPFS\n') }])
    const wasmRun = ['wasm', 'run', '--id-only', '-p', 'ipfs', '-i']
    const atDefault = await server.ok([...wasmRun, `ipfs://${folder}`, modulePath('tool.wasm'), 'cat', '/inputs/words'])
    const atTarget = await server.ok([
      ...wasmRun,
      `ipfs://${folder}:/data`,
      modulePath('tool.wasm'),
      'cat',
      '/data/words',
    ])
    for (const id of [atDefault.trim(), atTarget.trim()]) {
      expect(stdoutOf(await ended(server.port, id))).toBe('from IPFS\n')
    }
    const { body } = await server.http('GET', `/orchestrator/jobs/${atDefault.trim()}/results`)
    expect(body).toMatchObject({ Items: [{ Type: 'ipfs', Params: { CID: expect.stringMatching(/^bafybei/) } }] })

    const without = await server.run(['job', 'get', atDefault.trim()])
    expect(without.stderr).toContain('No supported downloader found for the published results.')
    expect(without.stderr).toContain('--ipfs-connect')
    const got = await server.got(atDefault.trim(), ['--ipfs-connect', node.endpoint])
    expect(await readFile(`${got}/stdout`, 'utf8')).toBe('from IPFS\n')
  })

  it('read the results of others, and run programs that lie there [R191]', async () => {
    const first = await run(toolJob(['print', 'answer', '', '0'], { task: { Publisher: { Type: 'ipfs' } } }))
    const { CID } = first.Executions.Items[0]!.PublishedResult!.Params!
    const program = await node.addFile(await readFile(modulePath('tool.wasm')))
    const EntryModule = fromIpfs(program, '')
    const params = { EntryModule: { Source: EntryModule.Source } }
    const second = await run(
      toolJob(['cat', '/before'], { task: { InputSources: [fromIpfs(`${CID}/stdout`, '/before')] }, params }),
    )
    expect(stdoutOf(second)).toBe('answer')
  })

  it('combine it with S3, the web and folders of the node [R139]', async () => {
    store.buckets.make('open')
    store.buckets.put('open', 'key', Buffer.from('from S3\n'))
    const s3 = { Bucket: 'open', Key: 'key', Endpoint: store.endpoint, Region: 'us-east-1' }
    const InputSources = [
      fromIpfs(await text('from IPFS\n'), '/ipfs'),
      { Source: { Type: 's3', Params: s3 }, Target: '/s3' },
      { Source: { Type: 'urlDownload', Params: { URL: web.url('/words') } }, Target: '/web' },
      localInput(`${product.folder}/local/file`, '/local'),
    ]
    const words = ['/ipfs', '/s3/key', '/web/words', '/local']
    const shown = await Promise.all(words.map((path) => run(toolJob(['cat', path], { task: { InputSources } }))))
    expect(shown.map(stdoutOf)).toEqual(['from IPFS\n', 'from S3\n', 'from the web\n', 'from a folder\n'])
  })

  it('fail with the reason when what they name is no content of IPFS', async () => {
    const shown = await run(toolJob(['list', '/in'], { task: { InputSources: [fromIpfs('readme.txt', '/in')] } }))
    expect(shown.Job.State).toMatchObject({ StateType: 'Failed' })
    expect(JSON.stringify(shown)).toContain('is not a CID')
  })
})

describe('a machine without a Kubo', () => {
  it('has IPFS in the process of the node [R184, R191]', async () => {
    const settings = { 'Compute.IPFS.Helia': heliaModule }
    const own = await product.serve({ name: 'helia', settings })
    const first = await own.submit(toolJob(['print', 'kept here', '', '0'], { task: { Publisher: { Type: 'ipfs' } } }))
    const { CID } = (await ended(own.port, first)).Executions.Items[0]!.PublishedResult!.Params!
    const task = { InputSources: [fromIpfs(`${CID}/stdout`, '/in')] }
    const second = await ended(own.port, await own.submit(toolJob(['cat', '/in'], { task })))
    expect(stdoutOf(second)).toBe('kept here')
  })

  it('whose Helia is not installed says so in its log, and to who wants IPFS [R184, F3]', async () => {
    const module = await product.file(
      'no-helia.mjs',
      "import { createHelia } from 'helia'\nexport default createHelia\n",
    )
    const own = await product.serve({ name: 'no-helia', settings: { 'Compute.IPFS.Helia': module } })
    const why = `the Helia node in this process fails: Cannot find package 'helia' imported from ${module}`
    expect(own.said).toContain(`WRN storage_unavailable storage=ipfs reason=${why}`)
    expect(own.said).toContain(`WRN publisher_unavailable publisher=ipfs reason=${why}`)
    expect(own.said).not.toContain('unavailable storage=s3')
    const shown = await ended(
      own.port,
      await own.submit(toolJob(['print', '', '', '0'], { task: { Publisher: { Type: 'ipfs' } } })),
    )
    expect(shown.Job.State.Message).toContain(`(ipfs: ${why})`)
  })
})

describe('a node whose Kubo goes', () => {
  const offers = async () => {
    const { body } = await server.http<{ Nodes: { Info: { ComputeNodeInfo: { StorageSources: string[] } } }[] }>(
      'GET',
      '/orchestrator/nodes',
    )
    return body.Nodes[0]?.Info.ComputeNodeInfo.StorageSources.includes('ipfs')
  }

  it('gets no jobs for IPFS until it is back [X15]', async () => {
    await until('the node offers IPFS', async () => (await offers()) === true)
    const port = Number(node.endpoint.split('/').at(-1))
    await node.close()
    await until('the node offers it no more', async () => (await offers()) === false)
    const lost = await run(
      toolJob(['list', '/in'], {
        task: { InputSources: [fromIpfs('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn', '/in')] },
      }),
    )
    expect(lost.Job.State.StateType).toBe('Failed')
    node = await kuboNode(port)
    await until('the node offers it again', async () => (await offers()) === true)
    const shown = await run(
      toolJob(['cat', '/in'], { task: { InputSources: [fromIpfs(await text('back\n'), '/in')] } }),
    )
    expect(stdoutOf(shown)).toBe('back\n')
  })
})
