import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { leastOf } from '../../kit/least-of.ts'
import { anyPorts, ask, endOf, serveNode, smallJob, submit } from '../../kit/served-node.ts'
import { until } from '../../kit/until.ts'

const loop = join(import.meta.dirname, '../../fixtures/wasm/loop.wasm')
/** SIGTERM to gone. */
const limitMs = 100

let product: BuiltProduct
beforeEach(() => {
  product = new BuiltProduct()
})
afterEach(() => product.close())

describe('a node that is asked to end', () => {
  it('is gone within 100 ms with exit code 0, and what was acknowledged is there again [B7, I1]', async () => {
    const ids: string[] = []
    const endMs = async () => {
      const node = await serveNode(product)
      ids.push((await submit(node, smallJob(`job-${ids.length}`))).body.JobID)
      const startMs = performance.now()
      expect(await node.program.end()).toMatchObject({ code: 0, signal: null })
      const ms = performance.now() - startMs
      expect(existsSync(join(node.folder, 'bacalhau.run'))).toBe(false)
      return ms
    }
    expect(await leastOf(limitMs, endMs)).toBeLessThan(limitMs)
    const node = await serveNode(product)
    for (const id of ids) expect(await endOf(node, id)).toMatchObject({ StateType: 'Completed' })
  })

  it('answers who waits, leaves running work to be placed again, and ends [I1]', async () => {
    const node = await serveNode(product)
    const env = { BACALHAU_API_PORT: String(node.port) }
    const run = await product.run(['wasm', 'run', '--wait=false', loop], env)
    const id = run.stdout.trim()
    const running = async () =>
      (await ask(node, 'GET', `/orchestrator/jobs/${id}/executions`)).body.Items.some((each: any) => each.StartTime > 0)
    await until('the program runs', running)
    const waiting = ask(node, 'GET', `/orchestrator/jobs/${id}?wait=60s&index=9999`)
    const follower = product.start(['job', 'logs', '--follow', id], env)
    // Asked later and answered: by now the server knows of those who wait.
    await ask(node, 'GET', '/agent/alive')
    const ended = node.program.end()
    expect((await waiting).status).toBe(200)
    expect(await ended).toMatchObject({ code: 0, signal: null })
    await follower.ended

    const again = await serveNode(product)
    const executions = async () => (await ask(again, 'GET', `/orchestrator/jobs/${id}/executions`)).body.Items as any[]
    await until('it runs again', async () => (await executions()).filter((each) => each.StartTime > 0).length === 2)
    expect((await ask(again, 'DELETE', `/orchestrator/jobs/${id}`)).status).toBe(200)
    expect(await endOf(again, id)).toMatchObject({ StateType: 'Stopped' })
  })

  it('ends at once at a second Ctrl-C, and nothing is lost [I1]', async () => {
    const node = await serveNode(product)
    const { JobID } = (await submit(node, smallJob('one'))).body
    node.program.child.kill('SIGINT')
    const { code } = await node.program.end('SIGINT')
    expect([0, 130]).toContain(code)
    expect(await endOf(await serveNode(product), JobID)).toMatchObject({ StateType: 'Completed' })
  })
})

describe('a compute node without its orchestrator', () => {
  const compute = (linkPort: number) =>
    product.start(['serve', '--compute', '--orchestrators', `nats://127.0.0.1:${linkPort}`, ...anyPorts])

  it('starts, says what it misses, and ends when asked [R200]', async () => {
    const program = compute(1)
    await program.says(/Compute node \S+ is ready/)
    expect(program.said).toContain('cannot reach an orchestrator at nats://127.0.0.1:1')
    expect(await program.end('SIGINT')).toMatchObject({ code: 0 })
  })

  it('ends when asked after the orchestrator went away', async () => {
    const orchestrator = await serveNode(product)
    const program = compute(orchestrator.linkPort)
    await program.says(/Compute node \S+ is ready/)
    await orchestrator.program.end('SIGKILL')
    expect(await program.end()).toMatchObject({ code: 0 })
  })
})
