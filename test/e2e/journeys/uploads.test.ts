import { randomBytes } from 'node:crypto'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowedFixtures, modulePath, Product, type Server, toolJob } from '../../kit/product.ts'
import { type Relay, relay } from '../../kit/relay.ts'
import { ended } from '../crash/processes.ts'

const content = randomBytes(8 * 1024 * 1024)
const tool = modulePath('tool.wasm')

let product: Product
let orchestrator: Server
let line: Relay

beforeAll(async () => {
  product = await Product.start()
  orchestrator = await product.serve({
    roles: ['orchestrator'],
    settings: { 'Orchestrator.NodeManager.DisconnectTimeout': '60s' },
  })
  line = await relay(orchestrator.linkPort, { bytesPerSecond: 4 * 1024 * 1024 })
  await product.serve({
    roles: ['compute'],
    name: 'far',
    settings: {
      'Compute.Orchestrators': `nats://127.0.0.1:${line.port}`,
      'Compute.AllowListedLocalPaths': allowedFixtures,
    },
  })
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
    task: { InputSources: [{ Source: { Type: 'upload', Params: { Path: 'input/content' } }, Target: '/content' }] },
  })
const submit = async (change: object = {}): Promise<string> => {
  const path = await product.file('jobs/job.json', JSON.stringify(job(change)))
  return (await orchestrator.ok(['job', 'run', '--wait=false', '--id-only', path])).trim()
}
const completedWith = async (id: string): Promise<number> => {
  const shown = await ended(orchestrator.port, id, 60_000)
  expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
  await product.file(`got-${id}/.keep`, '')
  const { stdout } = await orchestrator.run(['job', 'logs', id])
  expect(stdout.length).toBeGreaterThan(0)
  return shown.Executions.Items.length
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

  it('is sent once, whoever names it, and lies on a node once for all partitions', async () => {
    const before = line.receivedBytes
    await completedWith(await submit({ Count: 3 }))
    const whole = line.receivedBytes - before
    expect(whole).toBeGreaterThan(content.length)
    expect(whole).toBeLessThan(1.1 * content.length)
    await completedWith(await submit())
    expect(line.receivedBytes - before - whole).toBeLessThan(0.1 * content.length)
  })
})
