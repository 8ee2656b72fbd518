import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { farNode } from '../../kit/far-node.ts'
import { modulePath, Product, type Server, toolJob } from '../../kit/product.ts'
import { type Relay, relay } from '../../kit/relay.ts'
import { seededBytes } from '../../kit/seeded-bytes.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

const content = seededBytes(8 * 1024 * 1024)
const tool = modulePath('tool.wasm')

let product: Product
let orchestrator: Server
let node: Server
let line: Relay

beforeAll(async () => {
  product = await Product.start()
  ;({ orchestrator, node, line } = await farNode(product, 4 * 1024 * 1024))
  await product.file('data/words', 'one two\n')
  await symlink('/etc/passwd', join(product.folder, 'data/out'))
  await symlink('words', join(product.folder, 'data/same'))
  await product.file('jobs/input/content', content)
})
afterAll(async () => {
  await line?.close()
  await product?.stop()
})

/** A job file beside what it sends. */
const job = (change: object = {}) =>
  toolJob(['cat', '/content'], {
    job: change,
    task: {
      Publisher: { Type: 'link' },
      InputSources: [{ Source: { Type: 'upload', Params: { Path: 'input/content' } }, Target: '/content' }],
    },
  })
const submit = async (change: object = {}): Promise<string> => {
  const path = await product.file('jobs/job.json', JSON.stringify(job(change)))
  return (await orchestrator.ok(['job', 'run', '--wait=false', '--id-only', path])).trim()
}
/** What it read and printed. */
const printed = async (id: string): Promise<Buffer> => {
  const shown = await ended(orchestrator.port, id, 60_000)
  expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
  return readFile(`${await orchestrator.got(id)}/stdout`)
}

describe('a file or folder that is sent with its job', () => {
  it('is there for the program, but for links that lead out, which the user is told of [F4]', async () => {
    const { stdout, stderr, exit } = await orchestrator.run([
      ...['wasm', 'run', '--follow', '-i', './data:/in', tool, 'cat', '/in/same'],
    ])
    expect([exit, stdout]).toEqual([0, expect.stringContaining('one two\n')])
    expect(stderr).toMatch(/data\/out is left out/)
    expect(stderr).toMatch(/Sending \.\/data .*done/)
  })

  it('is broken off at once by Ctrl-C, and the same command goes on where it was', async () => {
    const bytes = 24 * 1024 * 1024
    const path = await product.file('long', seededBytes(bytes, 1))
    const slow = await relay(orchestrator.port, { bytesPerSecond: bytes / 2 })
    onTestFinished(() => slow.close())
    const command = ['docker', 'run', '--wait=false', '-i', `${path}:/in`, 'busybox', 'true']
    const first = product.begin(command, slow.port)
    await until('most of it is sent', () => slow.sentBytes > (2 / 3) * bytes, 60_000)
    // What is left cannot arrive before the command has ended, however long that takes.
    slow.silence()
    const { code, stdout, stderr } = await first.end('SIGINT')
    slow.cut()
    slow.mend()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^Error: context canceled$/m)
    const sent = slow.sentBytes
    expect(sent).toBeLessThan(bytes)
    const second = await product.begin(command, slow.port).ended
    expect([second.code, second.stdout]).toEqual([0, expect.stringMatching(/^j-/)])
    // Beside what was missing only the four chunks that were on their way.
    expect(slow.sentBytes - sent).toBeLessThan(0.9 * bytes)
  })

  it('is sent once, whoever names it, and lies on a node once for all partitions', async () => {
    const before = line.receivedBytes
    const shown = await ended(orchestrator.port, await submit({ Count: 3 }), 60_000)
    expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
    const whole = line.receivedBytes - before
    expect(whole).toBeGreaterThan(content.length)
    expect(whole).toBeLessThan(1.1 * content.length)
    expect((await printed(await submit())).equals(content)).toBe(true)
    expect(line.receivedBytes - before - whole).toBeLessThan(0.1 * content.length)
  })

  it.each([
    ['the orchestrator', () => orchestrator, 2],
    ['its node', () => node, 3],
  ])(
    'comes whole over a line that is cut, and when %s is killed meanwhile, without what had come',
    async (_, killed, seed) => {
      const changed = seededBytes(content.length, seed)
      await product.file('jobs/input/content', changed)
      const before = line.receivedBytes
      const id = await submit()
      const came = (share: number) => () => line.receivedBytes - before > share * changed.length
      await until('a part of it has come', came(0.25), 60_000)
      line.cut()
      line.mend()
      await until('more of it has come', came(0.5), 60_000)
      await killed().stop('SIGKILL')
      await killed().start()
      expect((await printed(id)).equals(changed)).toBe(true)
      // Of the chunk that was coming to a node that was killed some comes again.
      expect(line.receivedBytes - before).toBeLessThan(1.5 * changed.length)
    },
  )
})
