import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { missingParts } from '../../../tools/system-parts.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { executable } from '../../kit/program.ts'
import { until } from '../../kit/until.ts'

type Node = { Info: { NodeID: string; NodeType: string; Labels: Record<string, string> }; ConnectionState: object }
type Page = { NextToken: string; Nodes: Node[] }

let product: Product
let server: Server
let worker: Server

const resources = (memory: string, cpu: string) => ({
  'Compute.AllocatedCapacity.Memory': memory,
  'Compute.AllocatedCapacity.CPU': cpu,
  'Compute.AllocatedCapacity.Disk': '10Gb',
})
/** Two compute nodes beside the hybrid one; `gone` is not there any more. */
const addWorker = (name: string, memory: string, cpu: string, labels: string) =>
  product.serve({
    name,
    roles: ['compute'],
    settings: {
      ...resources(memory, cpu),
      Name: name,
      'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}`,
    },
    args: ['--labels', labels],
  })

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({
    settings: {
      ...resources('2Gb', '1'),
      Name: 'alpha',
      'Compute.Heartbeat.Interval': '1s',
      'Orchestrator.NodeManager.DisconnectTimeout': '10s',
    },
    args: ['--labels', 'zone=a,tier=1'],
  })
  worker = await addWorker('beta', '4Gb', '2', 'zone=b,tier=2')
  const gone = await addWorker('gamma', '8Gb', '3', 'zone=b,tier=3')
  await until('all are there', async () => (await page('')).Nodes.length === 3)
  await gone.stop()
  await until('one is gone', async () => (await page('filter-status=disconnected')).Nodes.length === 1)
})
afterAll(() => product?.stop())

const page = async (query: string): Promise<Page> =>
  (await server.http<Page>('GET', `/orchestrator/nodes?${query}`)).body
const names = async (query: string) => (await page(query)).Nodes.map(({ Info }) => Info.NodeID)
const listed = async (...args: string[]) =>
  (await server.json<Node[]>(['node', 'list', ...args])).map(({ Info }) => Info.NodeID)

describe('nodes as lists', () => {
  it('all, by labels, by free memory, and a limited JSON [R56, R59, R63]', async () => {
    expect(await listed()).toEqual(['alpha', 'beta', 'gamma'])
    expect(await listed('--labels', 'zone=b')).toEqual(['beta', 'gamma'])
    expect(await listed('--labels', 'zone in (a, c), tier < 2')).toEqual(['alpha'])
    expect(await listed('--order-by', 'available_memory')).toEqual(['gamma', 'beta', 'alpha'])
    expect(await listed('--limit', '2')).toEqual(['alpha', 'beta'])
  })

  it('by connection, in the words of both documentations [R58]', async () => {
    for (const word of ['connected', 'healthy'])
      expect(await listed('--filter-status', word)).toEqual(['alpha', 'beta'])
    for (const word of ['disconnected', 'unhealthy', 'unknown']) {
      expect(await listed('--filter-status', word)).toEqual(['gamma'])
    }
    const { exit, stderr } = await server.run(['node', 'list', '--filter-status', 'asleep'])
    expect([exit, stderr]).toEqual([1, expect.stringContaining("cannot use 'asleep' as filter-status value")])
  })

  it('page, and sort by what the documentation names, from both ends [R60, R82, R83]', async () => {
    const first = await page('limit=2&order_by=id')
    expect(first.Nodes.map(({ Info }) => Info.NodeID)).toEqual(['alpha', 'beta'])
    expect(await names(`limit=2&order_by=id&next_token=${first.NextToken}`)).toEqual(['gamma'])
    expect((await page(`limit=2&order_by=id&next_token=${first.NextToken}`)).NextToken).toBe('')
    expect(await listed('--order-by', 'available_cpu', '--order-reversed')).toEqual(['alpha', 'beta', 'gamma'])
    for (const order of ['type', 'available_disk', 'available_gpu', 'approval', 'status']) {
      expect((await names(`order_by=${order}`)).toSorted()).toEqual(['alpha', 'beta', 'gamma'])
    }
    expect(await names('order_by=id&reverse=true&labels=zone%3Db')).toEqual(['gamma', 'beta'])
    expect((await server.http('GET', '/orchestrator/nodes?order_by=beauty')).status).toBe(400)
  })

  it('the two Linux nodes with most free memory are one call [R84]', async () => {
    const query = `labels=${encodeURIComponent('Operating-System=linux')}&order_by=available_memory&limit=2`
    expect(await names(query)).toEqual(['gamma', 'beta'])
  })

  it('one node, by its id or the beginning of it, as YAML and JSON [R9, R51, R81]', async () => {
    expect((await server.http<{ Node: Node }>('GET', '/orchestrator/nodes/beta')).body.Node.Info.Labels.zone).toBe('b')
    const yaml = parse(await server.ok(['node', 'describe', 'bet'])) as Node
    const json = await server.json<Node>(['node', 'describe', 'beta'])
    expect([yaml.Info, json.Info.NodeID]).toEqual([json.Info, 'beta'])
    const unknown = await server.run(['node', 'describe', 'omega'])
    expect([unknown.exit, unknown.stderr]).toEqual([1, expect.stringContaining('could not get node omega')])
  })
})

describe('lists in general', () => {
  it('know the same flags [R8, R11]', async () => {
    const labelled = { job: { Name: 'listed', Labels: { long: 'x'.repeat(60) } } }
    const id = await server.submit(toolJob(['print', 'x', '', '0'], labelled))
    // Until then the room of its node changes from one table to the next.
    await until('it has ended', async () => /= Completed/.test(await server.ok(['job', 'describe', id])))
    const table = await server.ok(['node', 'list', '--no-style'])
    expect(await server.ok(['node', 'list', '--no-style', '--hide-header'])).toBe(table.slice(table.indexOf('\n') + 1))
    expect(await server.ok(['node', 'list', '--wide', '--no-style'])).toContain('Operating-System=linux')
    for (const list of [
      ['job', 'list'],
      ['node', 'list'],
      ['job', 'executions', 'listed'],
      ['job', 'history', 'listed'],
    ]) {
      const flags = ['--limit', '1', '--order-reversed', '--hide-header', '--no-style', '--wide', '--pretty']
      expect((await server.ok([...list, ...flags, '--output', 'csv'])).trim().split('\n')).toHaveLength(1)
      const [only] = await server.json<object[]>([...list, '--limit', '1', '--pretty'])
      expect(only).toBeTypeOf('object')
      const bad = await server.run([...list, '--next-token', '!'])
      expect([bad.exit, bad.stderr]).toEqual([1, expect.stringContaining('Error: ')])
    }
  })

  it('help stands everywhere, and groups say how to learn more [R6]', async () => {
    for (const words of [
      ['job', '-h'],
      ['job', '--help'],
      ['help', 'job'],
    ]) {
      const help = await server.ok(words)
      for (const command of ['describe', 'executions', 'logs', 'stop'])
        expect(help).toMatch(new RegExp(`^  ${command} `, 'm'))
      expect(help).toContain('for more information about a command')
    }
    expect(await server.ok(['job', 'run', '-h'])).toMatch(/Usage:[^]*Examples:[^]*Flags:[^]*Global Flags:/)
  })
})

describe('settings', () => {
  it('are listed as they apply, in each form [R67, R68]', async () => {
    const env = { BACALHAU_DIR: worker.dataFolder }
    const all = await server.json<{ Key: string; Value: unknown }[]>(
      ['config', 'list', '-c', 'Orchestrator.Port=4999'],
      { env },
    )
    expect(all.find(({ Key }) => Key === 'Orchestrator.Port')?.Value).toBe(4999)
    expect(parse(await server.ok(['config', 'list', '--output', 'yaml'], { env }))).toHaveLength(
      (await server.json<object[]>(['config', 'list'], { env })).length,
    )
    expect(await server.ok(['config', 'list', '--no-style', '--hide-header'], { env })).toMatch(/^ API\.Port /im)
  })

  it('are written, whatever the case of their names, act after a restart, and are checked [R69, R70, R71]', async () => {
    const env = { BACALHAU_DIR: `${product.folder}/configured` }
    await server.ok(['config', 'set', 'orchestrator.JOBNAMING=independent'], { env })
    const shown = await server.json<{ Key: string; Value: unknown }[]>(['config', 'list'], { env })
    expect(shown.find(({ Key }) => Key === 'Orchestrator.JobNaming')?.Value).toBe('independent')
    const node = await product.serve({ name: 'configured' })
    const job = toolJob(['print', 'x', '', '0'], { job: { Name: 'twice' } })
    expect(await node.submit(job)).not.toBe(await node.submit(job))
    await node.stop()
    const refused = async (setting: string) => {
      const { exit, stderr } = await server.run(['config', 'set', setting], { env })
      return `${exit} ${stderr}`
    }
    expect(await refused('Logging.Mode=loud')).toMatch(/^1 Error: .*(?:loud|logging)/i)
    expect(await refused('Logging.LogDebugInfoInterval=soon')).toMatch(/^1 Error: .*duration/)
    expect(await refused('No.Such=1')).toMatch(/^1 Error: .*not a valid config key/)
  })

  it('the data folder is where --repo says, and .bacalhau in the home folder otherwise [R5]', async () => {
    const home = `${product.folder}/home`
    const env = { HOME: home, BACALHAU_DIR: '' }
    const folder = async (...args: string[]) =>
      (await server.json<{ Key: string; Value: unknown }[]>(['config', 'list', ...args], { env })).find(
        ({ Key }) => Key === 'DataDir',
      )?.Value
    expect(await folder()).toBe(`${home}/.bacalhau`)
    expect(await folder('--repo', `${home}/elsewhere`)).toBe(`${home}/elsewhere`)
  })
})

describe('stopping and following', () => {
  it('a stop by short id names that job and leaves others findable; of a failed job it changes nothing [W42, W43]', async () => {
    const [one, other] = [
      await server.submit(toolJob(['sleep', '60000'])),
      await server.submit(toolJob(['sleep', '60000'])),
    ]
    await server.ok(['job', 'stop', one.slice(0, 10)])
    for (const id of [one, other]) expect(await server.ok(['job', 'describe', id.slice(0, 10)])).toContain(id)
    await server.ok(['job', 'stop', other])
    const failed = await server.submit(toolJob([], { params: { Entrypoint: 'nowhere' } }))
    await until('it failed', async () =>
      (await server.ok(['job', 'describe', failed])).includes('State         = Failed'),
    )
    const { status, body } = await server.http('DELETE', `/orchestrator/jobs/${failed}`)
    expect([status, body]).toEqual([200, { EvaluationID: '' }])
  })

  it('following a job that ends at once does not hang [W46]', async () => {
    const stdin = JSON.stringify(toolJob(['print', 'short\n', '', '0'], { job: { Name: 'moment' } }))
    const { exit, stdout } = await server.run(['job', 'run', '--follow'], { stdin })
    expect([exit, stdout]).toEqual([0, expect.stringContaining('short\n')])
  })

  it('a bad number in a constraint is refused before anything is stored [W38]', async () => {
    const Constraints = [{ Key: 'tier', Operator: 'gt', Values: ['many'] }]
    const { status, text } = await server.http('PUT', '/orchestrator/jobs', {
      Job: toolJob([], { job: { Constraints } }),
    })
    expect([status, text]).toEqual([400, expect.stringContaining('many')])
  })

  it('an unknown part of a job is named, with what there is instead [R199]', async () => {
    const id = await server.submit({ Type: 'batch', Count: 1, Tasks: [{ Name: 'main', Engine: { Type: 'flibble' } }] })
    await until('it failed', async () =>
      (await server.ok(['job', 'describe', id])).includes('does not support flibble'),
    )
  })
})

describe('how work is placed and watched', () => {
  const settled = async (id: string) =>
    until(
      'it has ended',
      async () => /State {9}= (?:Completed|Failed)/.test(await server.ok(['job', 'describe', id])),
      60_000,
    )

  it('what is more urgent goes first when there is no room, and goes where there is room [R102]', async () => {
    const whole = { Resources: { CPU: '2' }, Timeouts: { QueueTimeout: 120 } }
    const first = await server.submit(toolJob(['sleep', '600000'], { task: whole }))
    const order = []
    for (const Priority of [1, 9]) {
      order.push(await server.submit(toolJob(['print', '', '', '0'], { job: { Priority }, task: whole })))
    }
    await server.ok(['job', 'stop', first])
    for (const id of order) await settled(id)
    const ran = await Promise.all(
      order.map((id) =>
        server.http<{ Items: { CreateTime: number; NodeID: string }[] }>('GET', `/orchestrator/jobs/${id}/executions`),
      ),
    )
    const [low, high] = ran.map(({ body }) => body.Items[0]!)
    expect([low!.NodeID, high!.NodeID]).toEqual(['beta', 'beta'])
    expect(high!.CreateTime).toBeLessThan(low!.CreateTime)
  })

  it('what runs is watched: a node that goes away is noticed, and its work runs elsewhere [R103]', async () => {
    const other = await addWorker('delta', '4Gb', '4', 'zone=d')
    await until('it is there', async () => (await names('filter-status=connected')).includes('delta'))
    const Constraints = [{ Key: 'zone', Operator: 'in', Values: ['d', 'b'] }]
    const task = { Resources: { CPU: '2' }, Timeouts: { QueueTimeout: 120 } }
    const blocker = await server.submit(
      toolJob(['sleep', '60000'], { job: { Constraints: [{ Key: 'zone', Operator: '=', Values: ['b'] }] }, task }),
    )
    await until('it runs', async () => (await server.ok(['job', 'executions', blocker])).includes('Running'))
    // Longer than it takes to see it run and to end its node.
    const id = await server.submit(toolJob(['sleep', '8000'], { job: { Constraints }, task }))
    await until('it runs', async () => (await server.ok(['job', 'executions', id])).includes('delta'))
    await other.stop('SIGKILL')
    await server.ok(['job', 'stop', blocker])
    await settled(id)
    expect(await server.ok(['job', 'describe', id])).toMatch(/State {9}= Completed/)
    expect(await server.ok(['job', 'executions', id])).toMatch(/beta/)
  })
})

describe('the command line', () => {
  it.skipIf(missingParts().some(({ name }) => name === 'strace'))(
    'speaks with nothing but the server [R7]',
    async () => {
      const trace = `${product.folder}/trace`
      const strace = ['-f', '-qq', '-e', 'trace=connect', '-o', trace, executable]
      await promisify(execFile)('strace', [...strace, 'job', 'list', '--limit', '1'], {
        env: { PATH: process.env.PATH, HOME: product.folder, BACALHAU_API_PORT: String(server.port) },
      })
      const peers = [...(await readFile(trace, 'utf8')).matchAll(/sin6?_port=htons\((\d+)\)/g)].map(([, port]) =>
        Number(port),
      )
      expect([...new Set(peers)]).toEqual([server.port])
    },
  )
})

describe('work that goes on', () => {
  const runningOn = async (id: string): Promise<string[]> => {
    const { Items } = (
      await server.http<{
        Items: { NodeID: string; DesiredState: { StateType: number }; ComputeState: { StateType: number } }[]
      }>('GET', `/orchestrator/jobs/${id}/executions`, undefined, { 'X-Bacalhau-Git-Version': 'v1.9.3' })
    ).body
    return Items.filter(({ ComputeState }) => [6, 7].includes(ComputeState.StateType))
      .map(({ NodeID }) => NodeID)
      .toSorted()
  }
  const long = (Type: string, Constraints: object[]) =>
    server.submit(
      toolJob(['sleep', '600000'], { job: { Type, Count: 1, Constraints }, task: { Resources: { CPU: '100m' } } }),
    )
  const tier = (Values: string[]) => [{ Key: 'crew', Operator: 'in', Values }]

  it('a daemon runs on every node that fits, also on those that come later [R100]', async () => {
    await addWorker('epsilon', '4Gb', '2', 'crew=one')
    const id = await long('daemon', tier(['one']))
    await until('it runs', async () => (await runningOn(id)).join() === 'epsilon')
    await addWorker('zeta', '4Gb', '2', 'crew=one')
    await until('it runs on both', async () => (await runningOn(id)).join() === 'epsilon,zeta')
    await server.ok(['job', 'stop', id])
  })

  it('a service keeps running, elsewhere when its node fails [R101]', async () => {
    const failing = await addWorker('eta', '4Gb', '2', 'crew=two')
    const id = await long('service', tier(['one', 'two']))
    await until('it runs', async () => (await runningOn(id)).length === 1)
    const [first] = await runningOn(id)
    if (first === 'eta') await failing.stop('SIGKILL')
    else await server.ok(['node', 'reject', first!])
    await until('it runs elsewhere', async () => ![first, undefined].includes((await runningOn(id))[0]), 60_000)
    await server.ok(['job', 'stop', id])
  })
})

describe('the program', () => {
  it('has the documented groups [R1]', async () => {
    const help = await server.ok(['--help'])
    for (const group of ['job', 'node', 'agent', 'config', 'docker', 'wasm', 'serve']) {
      expect(help).toMatch(new RegExp(`^  ${group} `, 'm'))
    }
  })

  it('asks the server that flags or the environment name, the flags first [R2, R3]', async () => {
    const wrong = { BACALHAU_API_HOST: '127.0.0.2', BACALHAU_API_PORT: '9' }
    const flags = ['--api-host', '127.0.0.1', '--api-port', String(server.port)]
    expect(await server.ok(['agent', 'alive', ...flags], { env: wrong })).toContain('OK')
    const { exit, stderr } = await server.run(['agent', 'alive'], { env: wrong })
    expect([exit, stderr]).toEqual([1, expect.stringContaining('127.0.0.2:9')])
  })

  it('logs in the form that is asked for [R4]', async () => {
    const node = await product.serve({ name: 'logging', args: ['--log-mode', 'json'] })
    await node.stop()
    const lines = node.said.split('\n').filter((line) => line.startsWith('{'))
    expect(lines.map((line) => JSON.parse(line) as object).length).toBeGreaterThan(0)
    const { exit, stderr } = await server.run(['serve', '--log-mode', 'loud'])
    expect([exit, stderr]).toEqual([1, expect.stringContaining('"loud" is an invalid log-mode')])
  })

  it('prints for reading when asked to, and each list as table, CSV, JSON and YAML [R9, R10, R62]', async () => {
    expect(await server.ok(['node', 'list', '--output', 'json', '--pretty'])).toMatch(/^\[\n {2}\{\n {4}"Info": \{\n/)
    expect(await server.ok(['node', 'list', '--output', 'json'])).toMatch(/^\[\{"Info":\{/)
    const inYaml = parse(await server.ok(['node', 'list', '--output', 'yaml'])) as Node[]
    expect(inYaml.map(({ Info }) => Info.NodeID)).toEqual(await listed())
    expect(await server.ok(['node', 'list', '--output', 'csv'])).toMatch(/^id,type,approval,status,labels,.*\n/)
    expect(await server.ok(['node', 'list', '--no-style'])).toMatch(/^ ID +TYPE +APPROVAL +STATUS +LABELS /)
  })

  it('takes the keys of earlier releases, tells of those that change nothing, and shows no secret [X12, X13]', async () => {
    const env = { BACALHAU_DIR: `${product.folder}/old`, BACALHAU_NODE_NETWORK_AUTHSECRET: 'hush-hush-hush' }
    const list = await server.run(['config', 'list', '--output', 'json', '-c', 'Node.Network.Port=4777'], { env })
    const shown = JSON.parse(list.stdout) as { Key: string; Value: unknown }[]
    expect(shown.find(({ Key }) => Key === 'Orchestrator.Port')?.Value).toBe(4777)
    expect(list.stdout + list.stderr).not.toContain('hush-hush-hush')
    const unknown = await product.file('config-unknown.yaml', 'Nod: {Labels: {a: b}}\n')
    expect((await server.run(['agent', 'alive', '-c', unknown])).stderr).toContain('Nod')
  })
})
