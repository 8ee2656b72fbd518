import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../kit/free-ports.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({ settings: { 'Publishers.Types.Local.Port': String(await freePort()) } })
})
afterAll(() => product?.stop())

const published = async (words: string[], Count = 1, task = {}) => {
  const id = await server.submit(
    toolJob(words, {
      job: { Count },
      task: { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'my_results', Path: '/out' }], ...task },
    }),
  )
  await ended(server.port, id)
  return id
}
type Result = { Type: string; Params: { URL: string } }
const results = async (id: string) =>
  (await server.http<{ Items: Result[] }>('GET', `/orchestrator/jobs/${id}/results`)).body.Items
const get = async (id: string, folder: string, ...args: string[]) => {
  const into = `${product.folder}/got/${folder}`
  await mkdir(into, { recursive: true })
  const said = await server.ok(['job', 'get', id, '--output-dir', into, ...args])
  return { into, said }
}
const text = (path: string) => readFile(path, 'utf8')

const link = { Type: 'link' }
const csv = [{ Name: 'my_results', Path: '/out/*.csv' }]

describe('results', () => {
  it.each(['local', 'link'])(
    'hold of a path with a pattern what it names, by publisher %s; the history tells of one that names nothing [R135, R141]',
    async (Type) => {
      const task = { Publisher: { Type }, ResultPaths: csv }
      const named = await get(await published(['write', '/out/a.csv', 'made here'], 1, task), `named-${Type}`)
      expect((await readdir(named.into)).toSorted()).toEqual(['exitCode', 'my_results', 'stderr', 'stdout'])
      expect(await text(`${named.into}/my_results/a.csv`)).toBe('made here')
      const other = await published(['write', '/out/a.txt', 'made here'], 1, task)
      expect(await readdir(`${(await get(other, `other-${Type}`)).into}/my_results`)).toEqual([])
      expect(await server.ok(['job', 'history', other])).toContain('Nothing matches result path /out/*.csv')
    },
  )

  it('hold nothing that no result path names [R135]', async () => {
    const id = await published(['write', '/other', 'not asked for'], 1, { Publisher: link })
    const { into } = await get(id, 'outside')
    expect((await readdir(into)).toSorted()).toEqual(['exitCode', 'my_results', 'stderr', 'stdout'])
    expect(await readdir(`${into}/my_results`)).toEqual([])
  })

  it('are not begun with a pattern that is none, and it is said what to write [R141]', async () => {
    const job = toolJob(['write', '/out/a', ''], {
      task: { Publisher: link, ResultPaths: [{ Name: 'out', Path: '/out/[a' }] },
    })
    const { exit, stderr } = await server.run(['job', 'run'], { stdin: JSON.stringify(job) })
    expect(exit).toBe(1)
    expect(stderr).toContain('result path "/out/[a" has a [ without its ]: to mean the character write \\[')
  })

  it('are kept by the node and served over HTTP, as one compressed archive [R92, R131, R186, R187, R188, R189]', async () => {
    const id = await published(['write', '/out/a', 'made here'])
    const [result] = await results(id)
    expect(result?.Type).toBe('urlDownload')
    expect(result?.Params.URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//)
    const reply = await fetch(result?.Params.URL ?? '')
    const archive = gunzipSync(Buffer.from(await reply.arrayBuffer())).toString('latin1')
    expect(archive).toContain('ustar')
    expect(archive).toContain('made here')
  })

  it('hold the named paths of the task, and what the program printed [R135, R141, X4]', async () => {
    const id = await published(['write', '/out/a', 'made here'])
    const { into } = await get(id, 'named')
    expect((await readdir(into)).toSorted()).toEqual(['exitCode', 'my_results', 'stderr', 'stdout'])
    expect(await text(`${into}/my_results/a`)).toBe('made here')
    expect(await text(`${into}/exitCode`)).toBe('0')
  })

  it('are fetched and unpacked by job get, by full or short id [R12, R49, R187]', async () => {
    const id = await published(['print', 'to stdout', 'to stderr', '0'])
    const said = await server.ok(['job', 'get', id.slice(0, 10)])
    const folder = `${product.folder}/job-${id.slice(0, 10)}`
    expect(said).toContain(folder)
    expect([await text(`${folder}/stdout`), await text(`${folder}/stderr`)]).toEqual(['to stdout', 'to stderr'])
    const { exit } = await server.run(['job', 'get', id, '--output-dir', `${product.folder}/no-such-folder`])
    expect(exit).toBe(1)
  })

  it('of several executions stay apart, and fetching them twice changes nothing [R49, X11]', async () => {
    const id = await published(['print', 'each\n', '', '0'], 3)
    const shot = async (into: string) => {
      const files = (await readdir(into, { recursive: true, withFileTypes: true }))
        .filter((each) => each.isFile())
        .map((each) => `${each.parentPath}/${each.name}`)
        .toSorted()
      return Promise.all(files.map(async (file) => [file, await text(file)]))
    }
    const { into } = await get(id, 'several')
    const first = await shot(into)
    expect(
      first.filter(([path]) => path?.endsWith('/stdout') && path !== `${into}/stdout`).map(([, content]) => content),
    ).toEqual(['each\n', 'each\n', 'each\n'])
    expect(await text(`${into}/stdout`)).toBe('each\neach\neach\n')
    await get(id, 'several')
    expect(await shot(into)).toEqual(first)
  })

  it('change nothing where something else is in the way, and name it [R49]', async () => {
    const id = await published(['write', '/out/a', 'made here'])
    const into = `${product.folder}/got/full`
    await mkdir(`${into}/my_results`, { recursive: true })
    await writeFile(`${into}/my_results/a`, 'mine')
    const { exit, stderr } = await server.run(['job', 'get', id, '--output-dir', into])
    expect(exit).toBe(1)
    expect(stderr).toContain(`output already exists: ${into}/my_results/a.`)
    expect(await readdir(into, { recursive: true })).toEqual(['my_results', 'my_results/a'])
    expect(await text(`${into}/my_results/a`)).toBe('mine')
    await rm(`${into}/my_results/a`)
    await server.ok(['job', 'get', id, '--output-dir', into])
    expect(await text(`${into}/my_results/a`)).toBe('made here')
  })

  it('of work that failed are not lost: output, exit code, and what was said of it [X1, X2]', async () => {
    const id = await published(['print', 'half done', 'then broke', '7'])
    const { into } = await get(id, 'failed')
    expect([await text(`${into}/stdout`), await text(`${into}/stderr`), await text(`${into}/exitCode`)]).toEqual([
      'half done',
      'then broke',
      '7',
    ])
  })

  it('of a job that publishes nothing are its output [R49, R92]', async () => {
    const id = await server.submit(toolJob(['print', 'only printed', '', '0']))
    await ended(server.port, id)
    expect(await results(id)).toEqual([])
    const { into } = await get(id, 'unpublished')
    expect(await text(`${into}/stdout`)).toBe('only printed')
  })

  it('stay where they are over a restart [R186, R190]', async () => {
    const id = await published(['write', '/out/a', 'kept'])
    await server.stop()
    await server.start()
    const { into } = await get(id, 'restarted')
    expect(await text(`${into}/my_results/a`)).toBe('kept')
  })

  it('of a node that was told no address have one that leads there [R189, R203]', async () => {
    const other = await product.serve({ name: 'unnamed', settings: { 'Publishers.Types.Local.Address': 'public' } })
    const task = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'out', Path: '/out' }] }
    const id = await other.submit(toolJob(['write', '/out/a', 'found'], { task }))
    await ended(other.port, id)
    const { body } = await other.http<{ Items: Result[] }>('GET', `/orchestrator/jobs/${id}/results`)
    expect(body.Items[0]?.Params.URL).toMatch(/^http:\/\/(?!public)[^/]+:\d+\//)
    expect((await fetch(body.Items[0]?.Params.URL ?? '')).status).toBe(200)
    await other.stop()
  })

  it('go when the operator no longer wants to keep them [R190]', async () => {
    const other = await product.serve({ name: 'forgetful', settings: { 'Publishers.Types.Local.Retention': '1s' } })
    const one = async () => {
      const task = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'out', Path: '/out' }] }
      const id = await other.submit(toolJob(['write', '/out/a', 'for a second'], { task }))
      const shown = await ended(other.port, id)
      return String(shown.Executions.Items[0]?.PublishedResult?.Params?.['URL'])
    }
    const url = await one()
    expect((await fetch(url)).status).toBe(200)
    await until(
      'it is gone once a later one is there',
      async () => (await one()).startsWith('http') && (await fetch(url)).status === 404,
    )
    await other.stop()
  })

  it('leave nothing else behind on the node [X21]', async () => {
    await published(['write', '/out/a', 'kept'])
    await mkdir(`${server.dataFolder}/running/e-of-a-killed-node/scratch`, { recursive: true })
    await server.stop('SIGKILL')
    await server.start()
    await until('it has cleaned up', async () => (await readdir(`${server.dataFolder}/running`)).length === 0)
  })
})
