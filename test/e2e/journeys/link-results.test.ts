import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { farNode } from '../../kit/far-node.ts'
import { localInput, Product, type Server, toolJob } from '../../kit/product.ts'
import type { Relay } from '../../kit/relay.ts'
import { seededBytes } from '../../kit/seeded-bytes.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

const content = seededBytes(12 * 1024 * 1024)

let product: Product
let orchestrator: Server
let node: Server
let line: Relay

beforeAll(async () => {
  product = await Product.start()
  await product.file('data/content', content)
  ;({ orchestrator, node, line } = await farNode(product, 2 * 1024 * 1024))
})
afterAll(async () => {
  await line?.close()
  await product?.stop()
})

const job = () =>
  toolJob(['cat', '/content'], {
    task: {
      Publisher: { Type: 'link' },
      InputSources: [localInput(`${product.folder}/data/content`, '/content')],
    },
  })
const outputOf = async (id: string): Promise<Buffer> => readFile(`${await orchestrator.got(id)}/stdout`)

describe('a result that travels over the connection of its node', () => {
  it('does so where the job names no publisher and the operator this one [R135]', async () => {
    const job = toolJob(['write', '/out/a', 'made here'], { task: { ResultPaths: [{ Name: 'out', Path: '/out' }] } })
    const said = await orchestrator.ok(['job', 'run', await product.file('no-publisher.json', JSON.stringify(job))])
    const [, id = ''] = /^To download the results, execute:\n\t\S+ job get (\S+)$/m.exec(said) ?? []
    const { Executions } = await ended(orchestrator.port, id)
    expect(Executions.Items[0]).toMatchObject({ PublishedResult: { Type: 'link' } })
    expect(await readFile(`${await orchestrator.got(id)}/out/a`, 'utf8')).toBe('made here')
  })

  it('arrives whole over a line that is slow and cut again and again, and is read when the node is gone [F4, X5]', async () => {
    const id = await orchestrator.submit(job())
    const before = line.sentBytes
    let cuts = 0
    const cutting = setInterval(() => {
      line.cut()
      setTimeout(line.mend, 50)
      if (++cuts === 4) clearInterval(cutting)
    }, 1500)
    const shown = await ended(orchestrator.port, id, 120_000).finally(() => clearInterval(cutting))
    expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
    expect(cuts).toBeGreaterThan(2)
    const { SHA256, SizeBytes } = shown.Executions.Items[0]?.PublishedResult?.Params ?? {}
    expect(SHA256).toMatch(/^[0-9a-f]{64}$/)
    expect(line.sentBytes - before).toBeLessThan(1.3 * Number(SizeBytes))
    line.cut()
    expect((await outputOf(id)).equals(content)).toBe(true)
    line.mend()
  })

  it.each([
    ['the orchestrator', () => orchestrator],
    ['its node', () => node],
  ])('goes on where it was when %s is killed in the midst of it', async (_, killed) => {
    const id = await orchestrator.submit(job())
    const before = line.sentBytes
    await until('a part of it has come', () => line.sentBytes - before > content.length / 4, 60_000)
    await killed().stop('SIGKILL')
    await killed().start()
    const shown = await ended(orchestrator.port, id, 120_000)
    expect(shown.Job.State).toMatchObject({ StateType: 'Completed' })
    expect(shown.Executions.Items).toHaveLength(1)
    expect(line.sentBytes - before).toBeLessThan(1.3 * content.length)
    expect((await outputOf(id)).equals(content)).toBe(true)
  })
})
