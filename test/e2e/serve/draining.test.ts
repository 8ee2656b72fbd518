import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { anyPorts, ask, endOf, type Server, serveNode, serverAt, smallJob, submit } from '../../kit/served-node.ts'
import { until } from '../../kit/until.ts'

const module = readFileSync(join(import.meta.dirname, '../../fixtures/wasm/witness.wasm')).toString('base64')

let product: BuiltProduct
let witness: string
beforeEach(() => {
  product = new BuiltProduct()
  witness = join(product.folder, 'witness')
  mkdirSync(witness)
})
afterEach(() => product.close())

const allowed = () => ['--allow-listed-local-paths', `${witness}:rw`]
const hasStarted = () => existsSync(join(witness, 'starts'))

/** A job that writes down its start and then takes its time. */
const slowJob = (ms: number) => {
  const EntryModule = {
    Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${module}` } },
    Target: '/m',
  }
  const Engine = { Type: 'wasm', Params: { EntryModule, Entrypoint: '_start', Parameters: [String(ms)] } }
  const Source = { Type: 'localDirectory', Params: { SourcePath: witness, ReadWrite: true } }
  const main = { Name: 'main', Engine, InputSources: [{ Source, Target: '/witness' }] }
  return { Job: { Name: 'slow', Type: 'batch', Count: 1, Tasks: [main] } }
}

const serveOrchestrator = async () => {
  const program = product.start(['serve', '--orchestrator', ...anyPorts, '--data-dir', join(product.folder, 'other')])
  const [, port] = await program.says(/ready at http:\/\/[^:]+:(\d+)/)
  const [, linkPort] = await program.says(/nats:\/\/[^:]+:(\d+)/)
  return { ...serverAt(port as string), linkPort }
}

const executionsOf = async (server: Server, id: string): Promise<{ StartTime?: number }[]> =>
  (await ask(server, 'GET', `/orchestrator/jobs/${id}/executions`)).body.Items

describe('a node that drains when it is asked to end', () => {
  it('lets running work end, starts nothing more, and takes up the rest at its next start [R200]', async () => {
    const node = await serveNode(product, ['--drain', ...allowed()])
    const slow = (await submit(node, slowJob(2_000))).body.JobID
    await until('the program runs', hasStarted)
    node.program.child.kill('SIGTERM')
    await node.program.says(/Waiting for running work to end/)
    const late = (await submit(node, smallJob('late'))).body.JobID
    expect(await node.program.ended).toMatchObject({ code: 0, signal: null })

    const again = await serveNode(product, allowed())
    expect((await ask(again, 'GET', `/orchestrator/jobs/${slow}`)).body.Job.State.StateType).toBe('Completed')
    expect((await executionsOf(again, slow)).length).toBe(1)
    expect(await endOf(again, late)).toMatchObject({ StateType: 'Completed' })
  })

  it('tells an orchestrator elsewhere before it goes [R200]', async () => {
    const orchestrator = await serveOrchestrator()
    const link = ['--orchestrators', `nats://127.0.0.1:${orchestrator.linkPort}`]
    const compute = product.start(['serve', '--compute', '--drain', ...link, ...anyPorts, ...allowed()])
    await compute.says(/Compute node \S+ is ready/)
    const id = (await submit(orchestrator, slowJob(1_000))).body.JobID
    await until('the program runs', hasStarted)
    expect(await compute.end()).toMatchObject({ code: 0, signal: null })
    expect((await ask(orchestrator, 'GET', `/orchestrator/jobs/${id}`)).body.Job.State.StateType).toBe('Completed')
    expect((await executionsOf(orchestrator, id)).length).toBe(1)
  })

  it('does not wait after a second signal', async () => {
    const node = await serveNode(product, ['--drain', ...allowed()])
    await submit(node, slowJob(60_000))
    await until('the program runs', hasStarted)
    node.program.child.kill('SIGINT')
    await node.program.says(/a second signal does not wait/)
    expect(await node.program.end('SIGINT')).toMatchObject({ code: 130 })
  })
})
