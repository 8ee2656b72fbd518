import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '#models/job.ts'
import { busyboxImage } from '../../kit/busybox-image.ts'
import { Product, type Server } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { withDocker } from '../../kit/with-docker.ts'
import { ended } from '../crash/processes.ts'
import { plainCount } from '../start/plain-count.ts'
import { commandsOf, examples, filesBelow, outputsOf, ran, rowsOf, textOf, typed } from './example-jobs.ts'
import { readBmp, readPng } from './thumbnail.ts'

const secret = 'kept by the node'
const databaseImage = 'keinos/sqlite3'

/** Each example is run by the command in its own file, on two nodes that may read the examples. */
withDocker((host) => {
  let product: Product
  let server: Server
  let web: WebServer

  beforeAll(async () => {
    product = await Product.start()
    const settings = { 'Compute.AllowListedLocalPaths': `${examples}/**` }
    const env = { DOCKER_HOST: host(), PII_KEY: secret }
    server = await product.serve({
      settings: { ...settings, 'Compute.Env.AllowList': 'PII_KEY', 'Compute.AllocatedCapacity.CPU': '1' },
      env,
    })
    await product.serve({
      roles: ['compute'],
      name: 'large',
      settings: {
        ...settings,
        'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}`,
        'Compute.Env.AllowList': 'PII_KEY',
        'Compute.AllocatedCapacity.CPU': '0.5',
      },
      args: ['-c', 'Labels=memory=large'],
      env,
    })
    await until('both nodes are there', async () => (await server.json<object[]>(['node', 'list'])).length === 2)
    web = await webServer((asked, reply) => reply.end(textOf(`url-words/texts${asked.url}`)))
    docker(['import', '-', databaseImage], busyboxImage('/bin/busybox', ['/usr/bin/sqlite3']))
  })
  afterAll(async () => {
    await web?.close()
    await product?.stop()
    docker(['rmi', '--force', databaseImage])
  })

  const docker = (args: string[], input?: Buffer) => execFileSync('docker', ['-H', host(), ...args], { input })
  const run = (file: string, env = {}) => ran(file, server, product.folder, env)
  /** What the parts of a job published, each file by its name. */
  const got = async (id: string): Promise<Map<string, Buffer>> => {
    const files = filesBelow(await server.got(id))
    return new Map(files.map((path) => [basename(path), readFileSync(path)]))
  }

  describe('the examples', () => {
    it('count the words of a text on the web [R177]', async () => {
      const [output = ''] = outputsOf(await run('url-words/url-words.yaml', { WEB: web.url('') }))
      const counted = rowsOf(output).map(([count, word]) => [word, Number(count)])
      expect(new Map(counted as [string, number][])).toEqual(
        new Map(plainCount([readFileSync(join(examples, 'url-words/texts/harbour.txt'))])),
      )
    })

    it('ask every node for its logs [R98]', async () => {
      const shown = await run('log-query/log-query.yaml')
      expect(new Set(shown.Executions.Items.map(({ NodeID }) => NodeID)).size).toBe(2)
      for (const output of outputsOf(shown)) {
        expect(rowsOf(output)).toEqual([
          ['4', 'in all'],
          ['3', '/pay'],
          ['1', '/search'],
        ])
      }
    })

    it('turn tables into lines of JSON by a WASM program [R162]', async () => {
      const files = await got((await run('csv-to-json/csv-to-json.yaml')).Job.ID)
      const lines = (name: string) =>
        files
          .get(name)
          ?.toString()
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
      expect(lines('items.jsonl')).toEqual([
        { id: 1, name: 'Lamp, small', price: 19.9, note: 'says "hello"' },
        { id: 2, name: 'Chair', price: '007', note: null },
        { id: 3, name: 'Table\nfor two', price: -120.5, note: 'café' },
      ])
      expect(lines('days.jsonl')).toEqual([
        { day: '2026-11-01', visitors: 12 },
        { day: '2026-11-02', visitors: 0 },
      ])
    })

    it('ask a database [R156]', async () => {
      const [output = ''] = outputsOf(await run('sqlite-query/sqlite-query.yaml'))
      const database = new DatabaseSync(':memory:')
      database.exec(textOf('sqlite-query/shop.sql'))
      const rows = database.prepare(textOf('sqlite-query/best-customers.sql')).all() as Record<string, unknown>[]
      expect(rows).toHaveLength(3)
      const [header, ...lines] = output.trimEnd().split(/\r?\n/)
      expect(header).toBe('name,orders,spent')
      expect(lines.map((line) => line.replaceAll('"', '').split(','))).toEqual(
        rows.map(({ name, orders, spent }) => [name, String(orders), (spent as number).toFixed(1)]),
      )
    })

    it('make thumbnails in two parts', async () => {
      const shown = await run('thumbnails/thumbnails.yaml')
      expect(outputsOf(shown).map((output) => output.trimEnd().split('\n').length)).toEqual([2, 2])
      const files = await got(shown.Job.ID)
      const pictures = readdirSync(join(examples, 'thumbnails/pictures'))
      expect([...files.keys()].filter((name) => name.endsWith('.png'))).toHaveLength(pictures.length)
      for (const picture of pictures) {
        const large = readBmp(readFileSync(join(examples, 'thumbnails/pictures', picture)))
        const png = files.get(picture.replace('.bmp', '.png')) as Buffer
        const small = readPng(png)
        expect(Math.max(small.width, small.height)).toBe(16)
        expect(small.height).toBe(Math.round((small.width * large.height) / large.width))
        expect(crc32(png.subarray(12, 29))).toBe(png.readUInt32BE(29))
        for (const [x, y] of [
          [0, 0],
          [small.width - 1, 0],
          [0, small.height - 1],
          [5, 7],
        ] as const) {
          expect(small.at(x, y), `${picture} ${x} ${y}`).toEqual(meanOf(large, small, x, y))
        }
      }
    })

    it('take persons out of a table by a key that only the node has', async () => {
      const [output = ''] = outputsOf(await run('pii-hashing/pii-hashing.yaml'))
      const hashed = (text: string) => createHmac('sha256', secret).update(text).digest('hex')
      const ada = hashed('ada.marlow@example.com')
      expect(output.trimEnd().split('\n')).toEqual([
        'id,name,email,city,spent',
        `1,${hashed('marlow, ada')},${ada},Bergen,120.50`,
        `2,${hashed('tom reed')},${hashed('tom@example.org')},"Saint-Denis, ""la Plaine""",9.99`,
        `3,${hashed('ada marlow')},${ada},Bergen,30.00`,
        `4,${hashed('lou')},,Oslo,0`,
      ])
    })

    it('switch between models by a variable of the template [R43, R47]', async () => {
      const judged = []
      for (const command of commandsOf('model-switch/model-switch.yaml')) {
        const shown = await ended(server.port, await typed(command, server, product.folder), 60_000)
        expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
        const { Name, Tasks } = (await server.http<{ Job: Job }>('GET', `/orchestrator/jobs/${shown.Job.ID}`)).body.Job
        judged.push([Name, Tasks[0]?.Resources.Memory, rowsOf(outputsOf(shown)[0] ?? '').map(([verdict]) => verdict)])
      }
      expect(judged).toEqual([
        ['model-switch-small', '32mb', ['good', 'good', 'bad', 'good']],
        ['model-switch-large', '256mb', ['good', 'bad', 'bad', 'bad']],
      ])
    })

    it('wait for their turn, the most urgent first [R108]', async () => {
      const ids: string[] = []
      for (const command of commandsOf('queueing/queueing.yaml')) ids.push(await typed(command, server, product.folder))
      const [monday = '', tuesday = '', urgent = ''] = ids
      await server.ok(['job', 'stop', monday])
      const startOf = async (id: string) => (await ended(server.port, id, 60_000)).Executions.Items[0]?.StartTime ?? 0
      const [first, second] = [await startOf(urgent), await startOf(tuesday)]
      expect(first).toBeGreaterThan(0)
      expect(second).toBeGreaterThan(first)
    })
  })
})

/** The mean of the points of `large` that the point of `small` stands for, rounded down. */
function meanOf(large: ReturnType<typeof readBmp>, small: ReturnType<typeof readPng>, x: number, y: number): number[] {
  const edge = (at: number, from: number, to: number) => Math.floor((at * from) / to)
  const sums = [0, 0, 0]
  let count = 0
  for (let v = edge(y, large.height, small.height); v < edge(y + 1, large.height, small.height); v++) {
    for (let u = edge(x, large.width, small.width); u < edge(x + 1, large.width, small.width); u++, count++) {
      large.at(u, v).forEach((value, colour) => (sums[colour] = (sums[colour] ?? 0) + value))
    }
  }
  return sums.map((sum) => Math.floor(sum / count))
}
