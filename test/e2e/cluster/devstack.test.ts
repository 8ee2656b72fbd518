import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { busClient } from '../../kit/bus-client.ts'
import { freezingEngine } from '../../kit/freezing-engine.ts'
import { processesOf } from '../../kit/processes-of.ts'
import { modulePath } from '../../kit/product.ts'
import { anyPorts, ask, endOf, type Server, serverAt, submit } from '../../kit/served-node.ts'
import { until } from '../../kit/until.ts'
import { withDocker } from '../../kit/with-docker.ts'

let product: BuiltProduct
beforeEach(() => {
  product = new BuiltProduct()
})
afterEach(() => product.close())

const tool = readFileSync(modulePath('tool.wasm')).toString('base64')
const EntryModule = {
  Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${tool}` } },
  Target: '/tool.wasm',
}
const sleepJob = (milliseconds: string, change: object) => ({
  Job: {
    Type: 'batch',
    ...change,
    Tasks: [
      {
        Name: 'main',
        Resources: { CPU: '1', Memory: '16MB' },
        Engine: { Type: 'wasm', Params: { EntryModule, Entrypoint: '_start', Parameters: ['sleep', milliseconds] } },
      },
    ],
  },
})

const devstack = (...args: string[]) => devstackWith({}, ...args)
const devstackWith = async (env: Record<string, string>, ...args: string[]) => {
  const program = product.start(['devstack', ...args], env)
  const [, port] = await program.says(/CLIENTAPI_PORT=(\d+)/)
  const [, runFile] = await program.says(/written to this file[^:]*: (\S+)/)
  return { program, runFile: runFile as string, ...serverAt(port as string) }
}

/** How many of these intervals lie over each other at most; those that only touch do not. */
const mostAtOnce = (intervals: readonly (readonly [start: number, end: number])[]): number => {
  const turns = intervals.flatMap(([start, end]) => [[start, 1] as const, [end, -1] as const])
  turns.sort(([a, x], [b, y]) => a - b || x - y)
  let now = 0
  return Math.max(...turns.map(([, step]) => (now += step)))
}

type Shown = { NodeID: string; ComputeState: { StateType: number }; StartTime: number; ModifyTime: number }
const spansOn = (node: string, executions: readonly Shown[]) =>
  executions
    .filter(({ NodeID }) => NodeID === node)
    .map(({ StartTime, ModifyTime }) => [StartTime, ModifyTime] as const)

const runningOn = async (stack: Server, id: string): Promise<string[]> => {
  const { Items } = (await ask(stack, 'GET', `/orchestrator/jobs/${id}/executions`)).body as { Items: Shown[] }
  return Items.filter(({ StartTime }) => StartTime > 0)
    .map(({ NodeID }) => NodeID)
    .sort()
}

describe('a devstack', () => {
  it('of 2 nodes with 8 slots each finishes Count 200, using every slot and never one too many [R97, R98, R102]', async () => {
    const stack = await devstack('--computes', '2', '--limit-total-cpu', '8', '--limit-total-memory', '4GB')
    const { body } = await submit(stack, sleepJob('100', { Count: 200 }))
    expect(await endOf(stack, body.JobID)).toMatchObject({ StateType: 'Completed' })
    const { Items } = (await ask(stack, 'GET', `/orchestrator/jobs/${body.JobID}/executions`)).body
    expect(Items).toHaveLength(200)
    for (const node of ['node-1', 'node-2']) expect([node, mostAtOnce(spansOn(node, Items))]).toEqual([node, 8])
  })

  it('has nodes that a whole id names, while one that begins several ids is refused with some of them [R51]', async () => {
    const stack = await devstack('--computes', '4')
    await until('all are there', async () => (await ask(stack, 'GET', '/orchestrator/nodes')).body.Nodes.length === 5)
    const described = (name: string) =>
      product.run(['node', 'describe', name], { BACALHAU_API_PORT: new URL(stack.api).port })
    const several = await described('node-')
    expect(several).toMatchObject({ code: 1, stdout: '' })
    expect(several.stderr).toContain(
      'multiple nodes found for nodeID prefix: node-, matching nodeIDs: [node-0 node-1 node-2 ...]\n',
    )
    expect(several.stderr).toContain('Hint: Give more of the id.')
    expect((await ask(stack, 'GET', '/orchestrator/nodes/node-')).status).toBe(409)
    const one = await described('node-3')
    expect(one.code).toBe(0)
    expect(one.stdout).toContain('NodeID: node-3\n')
  })

  it('says how to use it, is followed by a daemon to a node that joins it, and leaves nothing at Ctrl-C [R97, R100]', async () => {
    const stack = await devstack('--computes', '1')
    const variables = readFileSync(stack.runFile, 'utf8')
    expect(stack.program.said).toContain(variables)
    const env = Object.fromEntries(
      [...variables.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name as string, value]),
    )
    const { body } = await submit(stack, sleepJob('600000', { Type: 'daemon' }))
    await until('it runs on the first node', async () => (await runningOn(stack, body.JobID)).join() === 'node-1')
    const [, words] = await stack.program.says(/Add a node: +\S+ (.*)\n/)
    const late = product.start([
      ...(words as string).split(' '),
      ...anyPorts,
      ...['--name', 'late', '--data-dir', `${product.folder}/late`],
    ])
    await until('it runs on both', async () => (await runningOn(stack, body.JobID)).join() === 'late,node-1')
    expect(await product.run(['job', 'stop', body.JobID], env)).toMatchObject({ code: 0 })
    await late.end('SIGINT')
    const ended = await stack.program.end('SIGINT')
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nShutting down devstack\n$/) })
    expect(existsSync(dirname(stack.runFile))).toBe(false)
    expect(processesOf(product.folder)).toEqual([])
  })

  it('whose output nobody reads any more ends at Ctrl-C, and leaves nothing [R97]', async () => {
    const stack = await devstack('--computes', '1')
    stack.program.child.stdout?.destroy()
    stack.program.child.stderr?.destroy()
    expect(await stack.program.end('SIGINT')).toMatchObject({ code: 0 })
    expect(existsSync(dirname(stack.runFile))).toBe(false)
  })

  it('does not wait for an engine that hangs by now, and says that it left there what there was [X21]', async () => {
    const engine = await freezingEngine()
    const stack = await devstackWith({ DOCKER_HOST: engine.host }, '--computes', '2')
    engine.freeze()
    const { code, stderr } = await stack.program.end('SIGINT')
    expect(code).toBe(0)
    expect(stderr.match(/sweep_failed engine=docker error="no answer within 10 s"/g)).toHaveLength(2)
    await engine.stop()
  })

  it('ends by itself when it has something to say and nobody reads it', async () => {
    const stack = await devstack('--computes', '1')
    const [, linkPort] = await stack.program.says(/nats:\/\/127\.0\.0\.1:(\d+)/)
    stack.program.child.stderr?.destroy()
    // It logs who comes under a name that is taken.
    await expect(busClient(Number(linkPort), { name: 'node-0' })).rejects.toMatchObject({ code: 'Unauthorized' })
    expect(await stack.program.ended).toMatchObject({ code: 0 })
    expect(existsSync(dirname(stack.runFile))).toBe(false)
  })

  it('that already ends because nobody reads it takes Ctrl-C as the first one, and leaves nothing', async () => {
    const stack = await devstack('--computes', '5')
    const [, linkPort] = await stack.program.says(/nats:\/\/127\.0\.0\.1:(\d+)/)
    stack.program.child.stderr?.destroy()
    await expect(busClient(Number(linkPort), { name: 'node-0' })).rejects.toMatchObject({ code: 'Unauthorized' })
    expect(await stack.program.end('SIGINT')).toMatchObject({ code: 0 })
    expect(existsSync(dirname(stack.runFile))).toBe(false)
  })

  it('whose nodes wait for approval runs a daemon on each as soon as it is approved [R100, R204]', async () => {
    const stack = await devstack('--computes', '2', '-c', 'Orchestrator.NodeManager.ManualApproval=true')
    const { body } = await submit(stack, sleepJob('600000', { Type: 'daemon' }))
    expect(await runningOn(stack, body.JobID)).toEqual([])
    for (const [node, all] of [
      ['node-1', 'node-1'],
      ['node-2', 'node-1,node-2'],
    ]) {
      await ask(stack, 'PUT', `/orchestrator/nodes/${node}`, { Action: 'approve', NodeID: node })
      await until(`it runs on ${all}`, async () => (await runningOn(stack, body.JobID)).join() === all)
    }
  })

  it.each([
    [['--hybrids', '2'], 'a devstack has at most one node with both roles, not 2'],
    [['--orchestrators', '2'], 'a devstack has one orchestrator, not 2'],
    [['--requester-nodes', '0'], 'at least one requester node is required'],
  ])('that cannot be is refused: %j [R97]', async (args, sentence) => {
    const { code, stderr } = await product.run(['devstack', ...args])
    expect([code, stderr.split('\n')[0]]).toEqual([1, `Error: ${sentence}`])
  })
})

withDocker((host) => {
  it('a devstack leaves no container at Ctrl-C: nobody would find it again [R97, X21]', async () => {
    const stack = await devstackWith({ DOCKER_HOST: host() }, '--computes', '1')
    const Engine = { Type: 'docker', Params: { Image: 'busybox', Entrypoint: ['/bin/sleep', '600'] } }
    const { body } = await submit(stack, { Job: { Type: 'batch', Tasks: [{ Name: 'main', Engine }] } })
    const containers = () =>
      execFileSync('docker', ['-H', host(), 'ps', '-aq', '--filter', `name=${body.JobID}`], { encoding: 'utf8' })
    await until('it runs', () => containers() !== '')
    expect(await stack.program.end('SIGINT')).toMatchObject({ code: 0 })
    expect(containers()).toBe('')
  })
})
