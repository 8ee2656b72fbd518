import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attemptsOf, attentive, computeAt, untilNode } from '../../kit/fleet.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { completed, ended } from '../crash/processes.ts'

let product: Product
let orchestrator: Server
let old: Server

beforeAll(async () => {
  product = await Product.start()
  orchestrator = await product.serve({ roles: ['orchestrator'], settings: attentive })
  old = await computeAt(product, orchestrator.linkPort, 'old')
  await untilNode(orchestrator, 'old', 'APPROVED CONNECTED')
})
afterAll(() => product?.stop())

const running = 5
const resources = { Resources: { CPU: '100m', Memory: '16Mb' } }
const lasting = (job: object) => toolJob(['sleep', '600000'], { job, task: resources })
/** Nodes on which something of the job runs that nobody has asked to stop. */
const placesOf = async (id: string): Promise<string[]> =>
  (await attemptsOf(orchestrator, id))
    .filter((e) => e.ComputeState.StateType === running && e.DesiredState.StateType !== 2)
    .map(({ NodeID }) => NodeID)
    .toSorted()
const untilAt = (id: string, places: string[]): Promise<void> =>
  until(`it runs on ${places}`, async () => (await placesOf(id)).join() === places.join())
const statusOf = async (node: string): Promise<string> => {
  const rows = (await orchestrator.ok(['node', 'list', '--output', 'csv', '--show', ''])).split('\n')
  return (
    rows
      .find((row) => row.startsWith(`${node},`))
      ?.split(',')
      .at(-1) ?? ''
  )
}

describe('a cordoned node', () => {
  it('gets nothing new, also after both sides were started again, until it is uncordoned [R50, R204]', async () => {
    const service = await orchestrator.submit(lasting({ Type: 'service', Count: 2 }))
    await untilAt(service, ['old', 'old'])
    expect(await orchestrator.ok(['node', 'cordon', 'old', '-m', 'new disk'])).toBe('Ok\n\n')
    const again = await orchestrator.run(['node', 'cordon', 'old'])
    expect([again.exit, again.stderr]).toEqual([1, 'Error: Failed to cordon node old: node already cordoned\n'])
    expect(await statusOf('old')).toBe('CONNECTED (cordoned)')
    await orchestrator.stop('SIGKILL')
    await old.stop()
    await orchestrator.start()
    await old.start()
    await untilNode(orchestrator, 'old', 'APPROVED CONNECTED')
    expect(await orchestrator.ok(['node', 'describe', 'old'])).toContain('\nCordon: CORDONED\n')
    const waiting = await orchestrator.submit(
      toolJob(['print', '', '', '0'], { task: { ...resources, Timeouts: { QueueTimeout: 600 } } }),
    )
    expect(await orchestrator.ok(['job', 'why', waiting])).toContain(
      '• node old: cordoned. Cure: uncordon it: bacalhau node uncordon old\n',
    )
    await orchestrator.ok(['node', 'uncordon', 'old'])
    expect((await ended(orchestrator.port, waiting)).Job.State.StateType).toBe('Completed')
    expect(await statusOf('old')).toBe('CONNECTED')
    await orchestrator.ok(['job', 'stop', service])
  })
})

describe('a node that is drained', () => {
  it('is empty when its work runs elsewhere, each partition once, and says so [R97, R99, R204]', async () => {
    const service = await orchestrator.submit(lasting({ Type: 'service', Count: 2 }))
    const daemon = await orchestrator.submit(lasting({ Type: 'daemon' }))
    await untilAt(service, ['old', 'old'])
    await untilAt(daemon, ['old'])
    const batch = await orchestrator.submit(toolJob(['sleep', '6000'], { job: { Count: 3 }, task: resources }))
    await untilAt(batch, ['old', 'old', 'old'])
    const refused = await orchestrator.run(['node', 'uncordon', 'old'])
    expect([refused.exit, refused.stderr]).toEqual([1, 'Error: Failed to uncordon node old: node is not cordoned\n'])
    await orchestrator.ok(['node', 'drain', 'old'])
    await until('the daemon has left', async () => (await placesOf(daemon)).length === 0)
    expect([await placesOf(service), await statusOf('old')]).toEqual([['old', 'old'], 'CONNECTED (draining)'])
    await computeAt(product, orchestrator.linkPort, 'new')
    await untilAt(service, ['new', 'new'])
    await untilAt(daemon, ['new'])
    await until('it is empty', async () => (await statusOf('old')) === 'CONNECTED (drained)')
    expect((await ended(orchestrator.port, batch)).Job.State.StateType).toBe('Completed')
    const successes = (await attemptsOf(orchestrator, batch)).filter((e) => e.ComputeState.StateType === completed)
    expect(successes.map((e) => e.PartitionIndex ?? 0).toSorted()).toEqual([0, 1, 2])
    const history = await orchestrator.ok(['job', 'history', service, '--output', 'json'])
    expect(history).toContain('its node is being drained')
    await orchestrator.ok(['job', 'stop', service])
    await orchestrator.ok(['job', 'stop', daemon])
    await orchestrator.ok(['node', 'uncordon', 'old'])
  })

  it('is waited for with --wait, which Ctrl-C ends but not the drain; at its deadline all of it is stopped [R97, R99]', async () => {
    const Constraints = [{ Key: 'disk', Operator: '=', Values: ['old'] }]
    await computeAt(product, orchestrator.linkPort, 'odd', { args: ['--labels', 'disk=old'] })
    await untilNode(orchestrator, 'odd', 'APPROVED CONNECTED')
    const service = await orchestrator.submit(lasting({ Type: 'service', Count: 1, Constraints }))
    await untilAt(service, ['odd'])
    const waiting = product.begin(['node', 'drain', 'odd', '--wait'], orchestrator.port)
    await waiting.says(/1 execution is left\n/)
    const left = await waiting.end('SIGINT')
    expect([left.code, left.stdout]).toEqual([1, ''])
    expect(left.stderr).toMatch(/^The drain goes on\. .* node describe odd. shows what is left/m)
    expect(await statusOf('odd')).toBe('CONNECTED (draining)')
    expect(await orchestrator.ok(['node', 'describe', 'odd'])).toContain('\nRemaining: 1\n')
    const refused = await orchestrator.run(['node', 'drain', 'odd', '--deadline', '1500ms'])
    expect([refused.exit, refused.stderr]).toEqual([
      1,
      'Error: --deadline must be a number of whole seconds, such as 90s or 10m\n',
    ])
    const waited = await orchestrator.run(['node', 'drain', 'odd', '--deadline', '1s', '--wait'])
    expect([waited.exit, waited.stdout]).toEqual([0, 'Ok\n\n'])
    expect(waited.stderr).toMatch(/Moving its work elsewhere .*done/)
    expect((await orchestrator.ok(['job', 'describe', service])).includes('Queued')).toBe(true)
    await orchestrator.ok(['node', 'uncordon', 'odd'])
    await untilAt(service, ['odd'])
    await orchestrator.ok(['job', 'stop', service])
  })
})
