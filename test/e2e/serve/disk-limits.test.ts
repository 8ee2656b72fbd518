import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { canMount, growDisk, mountDisk, unmountDisk } from '../../kit/small-disk.ts'
import { until } from '../../kit/until.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

/** Each a small file system of its own, that is full while the others are not. */
const places = ['running', 'results', 'logs'] as const

let product: Product
let server: Server
let web: WebServer
const folderOf = (place: (typeof places)[number]): string => join(product.folder, 'node', place)
/** What a node would make here it would not find again. */
const temporary = (): string => join(product.folder, 'temporary')

beforeAll(async () => {
  if (!canMount) return
  product = await Product.start()
  web = await webServer((_asked, reply) =>
    reply.writeHead(200, { 'Transfer-Encoding': 'chunked' }).end('x'.repeat(60_000)),
  )
  for (const place of places) {
    mkdirSync(folderOf(place), { recursive: true })
    mountDisk(folderOf(place), 'size=256k')
  }
  mkdirSync(join(folderOf('running'), 'e-of-an-earlier-life', 'inputs', '0'), { recursive: true })
  writeFileSync(join(folderOf('running'), 'e-of-an-earlier-life', 'inputs', '0', 'half'), 'x'.repeat(100_000))
  writeFileSync(join(folderOf('results'), 'e-1.tar.gz.part-0a1b2c3d'), 'x'.repeat(100_000))
  mkdirSync(temporary())
  server = await product.serve({
    settings: { 'Compute.AllocatedCapacity.Disk': '1Gb' },
    env: { TMPDIR: temporary() },
  })
})
afterAll(async () => {
  if (canMount) for (const place of places) unmountDisk(folderOf(place))
  await product?.stop()
  await web?.close()
})

const submit = (words: string[], task: object = {}) =>
  server.submit(toolJob(words, { job: { Reschedule: { Attempts: 1 } }, task }))
const endOf = async (id: string) => {
  // What waits for room is tried again after pauses that grow.
  const shown = await ended(server.port, id, 120_000)
  const [execution] = shown.Executions.Items
  const { ComputeState, FailureClass, RunOutput } = execution!
  return {
    state: shown.Job.State.StateType,
    attempts: shown.Executions.Items.length,
    message: ComputeState.Message,
    hint: ComputeState.Details?.Hint,
    class: FailureClass,
    output: RunOutput,
  }
}
const run = async (words: string[], task: object = {}) => endOf(await submit(words, task))
const waitsForRoom = (id: string) =>
  until('its result waits for room', async () =>
    /kept here until there is room on the disk of the node, and published again in/.test(
      (await server.ok(['job', 'history', id, '--wide'])).replace(/\s+/g, ' '),
    ),
  )
const inline = (bytes: Buffer, Target: string) => ({
  Source: { Type: 'inline', Params: { URL: `data:application/octet-stream;base64,${bytes.toString('base64')}` } },
  Target,
})
const local = { Type: 'local' }
const outputs = [{ Name: 'out', Path: '/out' }]
const noise = randomBytes(300_000)

/** A moment after the end. */
const nothingRemains = () => until('nothing of it remains', () => readdirSync(folderOf('running')).length === 0)

describe.skipIf(!canMount)('the disk of a node', () => {
  it('may be promised beyond what is there, which is told at the start [R206]', () => {
    expect(server.said).toMatch(/offers_more_than_found offered=\{.*Disk: 1\.0 GB.*found=\{.*Disk: \d+ kB/)
  })

  it('is freed at the start of what earlier lives left [X21]', () => {
    expect(places.map((place) => readdirSync(folderOf(place)))).toEqual([[], [], []])
  })

  it('when full fails an execution at its inputs as a trouble of the node, with a hint, and nothing of it stays [X6]', async () => {
    const end = await run(['print', 'x', '', '0'], { InputSources: [inline(noise, '/in')] })
    expect(end).toMatchObject({
      state: 'Failed',
      class: 'node',
      hint: expect.stringContaining('disk of the node is full'),
    })
    expect(end.message).toContain('no space left')
    await nothingRemains()
  })

  it('when full is seen by a program that writes; its result waits for room and is whole then [X6]', async () => {
    const other = join(folderOf('running'), 'of-another-program')
    writeFileSync(other, 'x'.repeat(100_000))
    const id = await submit(['fill', '/out/file', '1000000', 'append'], { ResultPaths: outputs, Publisher: local })
    await waitsForRoom(id)
    rmSync(other)
    const end = await endOf(id)
    expect(end).toMatchObject({ state: 'Completed', output: { ExitCode: 1, stderr: expect.stringContaining('write') } })
    const got = await server.got(id)
    expect(readFileSync(join(got, 'exitCode'), 'utf8')).toBe('1')
    expect(statSync(join(got, 'out', 'file')).size).toBeGreaterThan(100_000)
    rmSync(join(folderOf('results'), readdirSync(folderOf('results'))[0]!))
    await nothingRemains()
  })

  it('when full has a result wait that finds no place: it is published when there is one, and nothing runs again [X6, R186]', async () => {
    const half = { InputSources: [inline(noise.subarray(0, 100_000), '/in')], Publisher: local }
    const other = join(folderOf('results'), 'of-another-program')
    writeFileSync(other, 'x'.repeat(200_000))
    const id = await submit(['cat', '/in'], half)
    await waitsForRoom(id)
    expect(readdirSync(folderOf('results'))).toEqual(['of-another-program'])
    rmSync(other)
    expect(await endOf(id)).toMatchObject({ state: 'Completed', attempts: 1 })
    expect(readFileSync(join(await server.got(id), 'stdout')).equals(noise.subarray(0, 100_000))).toBe(true)
    rmSync(join(folderOf('results'), readdirSync(folderOf('results'))[0]!))
    await nothingRemains()
  })

  it('when full loses output, never the program [X6]', async () => {
    const end = await run(['flood', '1000000', '10000'])
    expect([end.state, end.output?.ExitCode]).toEqual(['Completed', 0])
  })

  it('is not taken by inputs that are together larger than what was asked for [X6]', async () => {
    const source = (name: string) => ({
      Source: { Type: 'urlDownload', Params: { URL: web.url(`/${name}`) } },
      Target: `/in/${name}`,
    })
    const end = await run(['print', 'x', '', '0'], {
      InputSources: [source('a'), source('b')],
      Resources: { Disk: '100Kb' },
    })
    expect(end).toMatchObject({
      state: 'Failed',
      class: 'resource',
      hint: expect.stringContaining('Ask for more disk'),
    })
    expect(end.message).toContain('inputs take 120000 bytes of disk, 100000 allowed')
    await nothingRemains()
  })

  it('is not taken by a program that writes more than it asked for [X6]', async () => {
    const end = await run(['fill', '/out/file', '200000', 'append'], {
      ResultPaths: outputs,
      Publisher: local,
      Resources: { Disk: '100Kb' },
    })
    expect(end).toMatchObject({ state: 'Failed', class: 'resource' })
    expect(end.message).toMatch(/disk limit exceeded/)
    await nothingRemains()
  })

  it('is as good as before when there is room again [X6]', async () => {
    growDisk(folderOf('running'), '8m')
    const end = await run(['print', 'x', '', '0'], { InputSources: [inline(noise, '/in')] })
    expect(end).toMatchObject({ state: 'Completed', output: { Stdout: 'x' } })
    await nothingRemains()
    expect(readdirSync(temporary())).toEqual([])
  })
})
