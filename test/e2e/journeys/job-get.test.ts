import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowedFixtures, localInput, Product, type Server, toolJob } from '../../kit/product.ts'
import { seededBytes } from '../../kit/seeded-bytes.ts'
import { until } from '../../kit/until.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

const content = seededBytes(8 * 1024 * 1024)
const firstBytes = 2 * 1024 * 1024

let product: Product
let server: Server
beforeAll(async () => {
  product = await Product.start()
  await product.file('data/content', content)
  server = await product.serve({
    settings: { 'Compute.AllowListedLocalPaths': `${allowedFixtures},${product.folder}/data/**` },
  })
})
afterAll(() => product?.stop())

const finished = async (job: ReturnType<typeof toolJob>): Promise<string> => {
  const id = await server.submit(job)
  await ended(server.port, id)
  return id
}
const contentJob = () =>
  toolJob(['cat', '/content'], {
    task: {
      Publisher: { Type: 'link' },
      InputSources: [localInput(`${product.folder}/data/content`, '/content')],
    },
  })
const writeJob = (Count: number) =>
  toolJob(['write', '/out/a', 'made here'], {
    job: { Count },
    task: { Publisher: { Type: 'link' }, ResultPaths: [{ Name: 'out', Path: '/out' }] },
  })
const emptyFolder = async (name: string): Promise<string> => {
  await mkdir(`${product.folder}/${name}`, { recursive: true })
  return `${product.folder}/${name}`
}

/** The API behind something that, of the first result that is asked for, lets only so much through. */
async function stuckApi(): Promise<{ web: WebServer; sentBytes: () => number }> {
  let isStuck = true
  let sentBytes = 0
  const web = await webServer(async (asked, reply) => {
    const isResult = /\/results\/e-/.test(asked.url ?? '')
    const { range, 'if-range': ifRange } = asked.headers
    const headers = { ...(range && { range }), ...(ifRange && { 'if-range': String(ifRange) }) }
    const answer = await fetch(`http://127.0.0.1:${server.port}${asked.url}`, { headers })
    reply.writeHead(answer.status, Object.fromEntries(answer.headers))
    let leftBytes = isResult && isStuck ? firstBytes : Number.POSITIVE_INFINITY
    if (isResult) isStuck = false
    for await (const chunk of Readable.fromWeb(answer.body as never)) {
      const piece = (chunk as Buffer).subarray(0, leftBytes)
      leftBytes -= piece.length
      if (isResult) sentBytes += piece.length
      reply.write(piece)
      if (leftBytes === 0) return
    }
    reply.end()
  })
  return { web, sentBytes: () => sentBytes }
}

describe('job get', () => {
  it('goes on where Ctrl-C broke it off, and a half of it is no result [X11, F4]', async () => {
    const id = await finished(contentJob())
    const { web, sentBytes } = await stuckApi()
    const into = await emptyFolder('broken-off')
    const first = product.begin(['job', 'get', id, '--output-dir', into], web.port)
    const part = async () => (await readdir(into)).find((name) => name.endsWith('.part')) ?? ''
    const came = async () => (await stat(`${into}/${await part()}/files.archive`).catch(() => undefined))?.size
    await until('what was let through is here', async () => (await came()) === firstBytes)
    const { code, stderr } = await first.end('SIGINT')
    expect([code, stderr]).toEqual([1, expect.stringContaining('the same command goes on from there')])
    expect(await readdir(into)).toEqual([await part()])
    const second = product.begin(['job', 'get', id, '--output-dir', into], web.port)
    expect((await second.ended).code).toBe(0)
    expect((await readFile(`${into}/stdout`)).equals(content)).toBe(true)
    expect((await readdir(into)).toSorted()).toEqual(['exitCode', 'stderr', 'stdout'])
    const { SizeBytes } = (await resultParams(id))[0] ?? {}
    expect(sentBytes()).toBe(Number(SizeBytes) + 1)
    await web.close()
  })

  it('tells which of several results did not come, keeps the others, and fetches the missing one later [X11]', async () => {
    const id = await finished(writeJob(3))
    const [lost = ''] = (await resultParams(id)).map(({ ExecutionID }) => String(ExecutionID))
    const kept = (await readdir(server.dataFolder, { recursive: true })).find((path) => path.endsWith(`${lost}.tar.gz`))
    const path = `${server.dataFolder}/${kept}`
    await rename(path, `${path}.away`)
    const into = await emptyFolder('one-lost')
    const { exit, stderr } = await server.run(['job', 'get', id, '--output-dir', into])
    expect(exit).toBe(1)
    expect(stderr).toContain(`${lost.slice(0, 10)}: the result of ${lost} is not kept any more`)
    expect(stderr).toContain('1 of 3 results could not be fetched')
    const folders = await readdir(into)
    expect(folders).toHaveLength(2)
    for (const folder of folders) expect(await readFile(`${into}/${folder}/out/a`, 'utf8')).toBe('made here')
    await rename(`${path}.away`, path)
    await server.ok(['job', 'get', id, '--output-dir', into])
    expect(await readFile(`${into}/${lost.slice(0, 10)}/out/a`, 'utf8')).toBe('made here')
    expect(await readFile(`${into}/exitCode`, 'utf8')).toBe('000')
  })

  it('writes one file to stdout, byte for byte, and says whose it may be [R49]', async () => {
    const one = await finished(writeJob(1))
    const print = (path: string) => server.run(['job', 'get', '--output-dir', '-', path])
    expect(await print(`${one}/out/a`)).toMatchObject({ exit: 0, stdout: 'made here' })
    const missing = await print(`${one}/out/b`)
    expect([missing.exit, missing.stdout]).toEqual([1, ''])
    expect(missing.stderr).toContain('the results have no file out/b')
    expect((await print(`${one}/../../../../etc/hostname`)).stderr).toContain('the results have no file')
    const folder = await print(`${one}/out`)
    expect([folder.exit, folder.stdout]).toEqual([1, ''])
    expect(folder.stderr).toContain('out is a folder: only one file can be written to stdout')
    expect(folder.stderr).toContain('In it: out/a. With a folder as --output-dir all of it is fetched.')
    expect((await print(one)).stderr).toContain(`Name it behind the id: ${one}/stdout`)
    const three = await finished(writeJob(3))
    expect(await print(`${three}/exitCode`)).toMatchObject({ exit: 0, stdout: '000' })
    const several = await print(`${three}/out/a`)
    const [, named = ''] = /before the path: (\S+\/out\/a)\./.exec(several.stderr) ?? []
    expect(await print(`${three}/${named}`)).toMatchObject({ exit: 0, stdout: 'made here' })
  })

  it('ends without a word when who reads the file has seen enough', async () => {
    const id = await finished(contentJob())
    const printing = product.begin(['job', 'get', '--output-dir', '-', `${id}/stdout`], server.port)
    printing.child.stdout?.once('data', () => printing.child.stdout?.destroy())
    const { code, stderr } = await printing.ended
    expect([code, stderr]).toEqual([0, `Fetching results of job '${id}'...\n`])
  })

  it('fails when a file was named that is not there', async () => {
    const id = await finished(writeJob(1))
    const into = await emptyFolder('no-such-file')
    const { exit, stderr } = await server.run(['job', 'get', `${id}/out/b`, '--output-dir', into])
    expect([exit, stderr]).toEqual([1, expect.stringContaining('the results have no file out/b')])
    await server.ok(['job', 'get', `${id}/out/a`, '--output-dir', into])
    expect(await readFile(`${into}/out/a`, 'utf8')).toBe('made here')
  })
})

const resultParams = async (id: string): Promise<Record<string, unknown>[]> => {
  const { body } = await server.http<{ Items: { Params: Record<string, unknown> }[] }>(
    'GET',
    `/orchestrator/jobs/${id}/results`,
  )
  return body.Items.map(({ Params }) => Params)
}
