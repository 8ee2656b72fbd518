import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apiFetch } from '../kit/api-fetch.ts'
import { witnessJob } from '../kit/fleet.ts'
import { Product, type ServeOptions, type Server } from '../kit/product.ts'
import { type Relay, relay } from '../kit/relay.ts'
import { until } from '../kit/until.ts'
import type { CrashingNode } from './crash/crashing-node.ts'
import { nodeProgram } from './crash/node-program.ts'
import { completed, ended, kill, type NodeProcess, type ShownJob, startNodeProcess, submit } from './crash/processes.ts'

const program = nodeProgram()
let product: Product
let witnessFolder: string
const processes: NodeProcess[] = []
const relays: Relay[] = []

beforeEach(async () => {
  product = await Product.start()
  witnessFolder = join(product.folder, 'witness')
  mkdirSync(witnessFolder)
})
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => kill(each)))
  await Promise.all(relays.splice(0).map((each) => each.close()))
  await product.stop()
})

/** Each start of it writes the id of its execution into the witness folder, then it goes on for `ms`. */
const job = (ms: number, change: object = {}) =>
  witnessJob(witnessFolder, ms, change, {
    ...('Type' in change && change.Type === 'daemon' ? {} : { Publisher: { Type: 'local' } }),
    Resources: {},
    Timeouts: { QueueTimeout: 60 },
  })
const starts = (): string[] => {
  try {
    return readFileSync(join(witnessFolder, 'starts'), 'utf8').trimEnd().split('\n')
  } catch {
    return []
  }
}
const startsOf = ({ Executions }: ShownJob): string[] =>
  starts().filter((id) => Executions.Items.some((each) => each.ID === id))
const successes = ({ Executions }: ShownJob) =>
  Executions.Items.filter((each) => each.ComputeState.StateType === completed)
const serve = (options: ServeOptions = {}): Promise<Server> =>
  product.serve({
    ...options,
    settings: {
      'Compute.AllowListedLocalPaths': `${witnessFolder}:rw`,
      'Compute.AllocatedCapacity.CPU': '4',
      'Compute.Heartbeat.Interval': '300ms',
      'Orchestrator.NodeManager.DisconnectTimeout': '1500ms',
      ...options.settings,
    },
  })
const shownJob = async (server: Server, id: string) =>
  (await server.http<ShownJob>('GET', `/orchestrator/jobs/${id}?include=executions`)).body
const connectionOf = async (server: Server, name: string) =>
  (
    await server.http<{ Nodes: { Connection: string; Info: { NodeID: string } }[] }>('GET', '/orchestrator/nodes')
  ).body.Nodes.find(({ Info }) => Info.NodeID === name)?.Connection
const processNode = (change: Partial<CrashingNode>): NodeProcess => {
  const both = { isOrchestrator: true, isCompute: true }
  const node = startNodeProcess(program(), {
    folder: join(product.folder, change.name ?? 'process'),
    roles: both,
    name: 'process',
    linkPort: 0,
    witnessFolder,
    killAtCommit: 0,
    isKilledBefore: false,
    ...change,
  })
  processes.push(node)
  return node
}

/** The lines of README.md, "What it promises". */
describe('promises [I1, I3, I4, I9, W1, W7]', () => {
  it('Acknowledged means on disk, synced. A setting that weakens this says so in its name.', async () => {
    const server = await serve()
    const waits = job(0, { Constraints: [{ Key: 'nobody', Operator: 'exists' }] })
    const answers = Array.from({ length: 30 }, () => submit(server.port, waits))
    // The last of them is acknowledged in the moment of the kill.
    await Promise.race(answers)
    await server.stop('SIGKILL')
    const acknowledged = (await Promise.all(answers)).filter((id) => id !== undefined)
    expect(acknowledged.length).toBeGreaterThan(0)
    await server.start()
    const { body } = await server.http<{ Items: { ID: string }[] }>('GET', '/orchestrator/jobs')
    expect(body.Items.map(({ ID }) => ID)).toEqual(expect.arrayContaining(acknowledged))

    const { body: settings } = await server.http<{ config: object }>('GET', '/agent/config')
    const weakening = JSON.stringify(settings.config).match(/"\w*(?:sync|durab|flush|volatile|journal)\w*":/gi) ?? []
    expect(weakening.filter((key) => !/unsafe/i.test(key))).toEqual([])
    const plain = processNode({})
    await plain.ready
    expect(plain.errors()).toContain('an entry was synced\n')
    expect(plain.errors()).not.toContain('an entry was not synced\n')
  })

  it('Batch, ops and daemon work runs at least once and publishes at most once per partition; `AtMostOnce` is available and means that it may not run.', async () => {
    const server = await serve()
    // None has ended when the last of them begins.
    const jobs = [
      job(6_000, { Count: 2 }),
      job(6_000, { Type: 'ops', Count: 0 }),
      job(600_000, { Type: 'daemon', Count: 0 }),
      job(6_000, { Delivery: 'AtMostOnce' }),
    ]
    const [batch = '', ops = '', daemon = '', once = ''] = await Promise.all(
      jobs.map((each) => submit(server.port, each)),
    )
    await until('all five run', () => starts().length === 5)
    await server.stop('SIGKILL')
    await server.start()
    for (const [id, count] of [
      [batch, 2],
      [ops, 1],
    ] as const) {
      const shown = await ended(server.port, id)
      expect(shown.Job.State, JSON.stringify(shown.Executions.Items)).toEqual({ StateType: 'Completed' })
      expect([startsOf(shown).length, successes(shown).length]).toEqual([2 * count, count])
      const { body } = await server.http<{ Items: { Params: { URL: string } }[] }>(
        'GET',
        `/orchestrator/jobs/${id}/results`,
      )
      expect(new Set(body.Items.map(({ Params }) => Params.URL)).size).toBe(count)
      expect(body.Items).toHaveLength(count)
    }
    await until('the daemon runs again', async () => startsOf(await shownJob(server, daemon)).length === 2)
    const shown = await ended(server.port, once)
    expect(shown.Job.State).toMatchObject({
      StateType: 'Failed',
      Message: expect.stringMatching(/once|lost|restarted/),
    })
    expect([startsOf(shown).length, successes(shown).length, shown.Executions.Items.length]).toEqual([1, 0, 1])
  })

  it("Nodes keep working while they are cut off, as long as the job's disconnect rule allows; nothing they finished is lost or counted twice when they return.", async () => {
    const orchestrator = await serve({ roles: ['orchestrator'], name: 'orchestrator' })
    const line = await relay(orchestrator.linkPort)
    relays.push(line)
    const worker = await serve({
      roles: ['compute'],
      name: 'worker',
      settings: { Name: 'worker', 'Compute.Orchestrators': `nats://127.0.0.1:${line.port}` },
    })
    const [patient = '', hasty = ''] = await Promise.all(
      [600, 0].map((LostAfter) => submit(orchestrator.port, job(6_000, { Disconnect: { LostAfter } }))),
    )
    await until('both run', () => starts().length === 2)
    line.cut()
    await until('it is missed', async () => (await connectionOf(orchestrator, 'worker')) === 'DISCONNECTED')
    // For half a minute after its start an orchestrator holds nothing against nodes that it does not see.
    await until(
      'the hasty job gave the run up',
      async () => (await shownJob(orchestrator, hasty)).Executions.Items[0]?.ComputeState.StateType === 8,
      60_000,
    )
    await until(
      'it has finished while cut off',
      () => readdirSync(join(worker.dataFolder, 'compute/results')).length > 0,
    )
    expect((await shownJob(orchestrator, patient)).Executions.Items).toMatchObject([{ ComputeState: { StateType: 5 } }])
    line.mend()
    const shown = await ended(orchestrator.port, patient)
    expect(shown.Job.State, JSON.stringify(shown.Executions.Items)).toEqual({ StateType: 'Completed' })
    expect([startsOf(shown).length, successes(shown).length, shown.Executions.Items.length]).toEqual([1, 1, 1])
    const again = await ended(orchestrator.port, hasty)
    expect(again.Job.State.StateType).toBe('Completed')
    expect(successes(again)).toHaveLength(1)
    expect(startsOf(again)).toHaveLength(2)
  })

  it('`kill -9` of any process at any time needs no repair by hand.', async () => {
    const orchestrator = await serve({ roles: ['orchestrator'], name: 'orchestrator' })
    const worker = await serve({
      roles: ['compute'],
      name: 'worker',
      settings: { Name: 'worker', 'Compute.Orchestrators': `nats://127.0.0.1:${orchestrator.linkPort}` },
    })
    const childrenOf = (pid: number) =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).map(Number)
    const victims: (() => Promise<void>)[] = [
      () => worker.stop('SIGKILL').then(() => worker.start()),
      () => orchestrator.stop('SIGKILL').then(() => orchestrator.start()),
      () =>
        Promise.all([worker, orchestrator].map((each) => each.stop('SIGKILL'))).then(async () => {
          await worker.start()
          await orchestrator.start()
        }),
      async () => {
        for (const child of childrenOf(worker.pid)) process.kill(child, 'SIGKILL')
      },
    ]
    for (const strike of victims) {
      const before = starts().length
      const id = await orchestrator.submit(
        job(1_500, { Disconnect: { LostAfter: 600 }, Reschedule: { Delay: 1, Attempts: 3 } }),
      )
      await until('it runs', () => starts().length > before)
      await strike()
      const shown = await ended(orchestrator.port, id)
      expect(shown.Job.State.StateType, JSON.stringify(shown.Executions.Items)).toBe('Completed')
      expect(successes(shown)).toHaveLength(1)
      expect(startsOf(shown).length).toBe(starts().length - before)
    }
  })

  it('Clocks of nodes may be wrong by minutes; nothing compares the clocks of two machines.', async () => {
    const orchestrator = processNode({ name: 'orchestrator', roles: { isOrchestrator: true, isCompute: false } })
    const ports = await orchestrator.ready
    if (!ports) throw new Error(orchestrator.errors())
    const minutes = 60_000
    for (const [name, clockOffsetMs] of [
      ['ahead', 20 * minutes],
      ['behind', -20 * minutes],
    ] as const) {
      await processNode({
        name,
        linkPort: ports.linkPort,
        clockOffsetMs,
        roles: { isOrchestrator: false, isCompute: true },
      }).ready
    }
    const api = `http://127.0.0.1:${ports.apiPort}/api/v1/orchestrator`
    type Nodes = { Nodes: { Connection: string; Info: { NodeType: string } }[] }
    const connected = async () =>
      ((await (await apiFetch(`${api}/nodes`)).json()) as Nodes).Nodes.filter(
        ({ Connection, Info }) => Connection === 'CONNECTED' && Info.NodeType === 'Compute',
      ).length
    await until('both are there', async () => (await connected()) === 2)
    const limited = (ms: number, seconds: number, change: object) => ({
      ...job(ms, change),
      Tasks: job(ms, change).Tasks.map((task) => ({
        ...task,
        Timeouts: { QueueTimeout: 60, ExecutionTimeout: seconds, TotalTimeout: 120 },
      })),
    })
    const short = await submit(ports.apiPort, limited(4_000, 60, { Type: 'ops', Count: 0 }))
    const endless = await submit(
      ports.apiPort,
      limited(600_000, 2, { Type: 'ops', Count: 0, Reschedule: { Attempts: 1 } }),
    )
    const shown = await ended(ports.apiPort, short ?? '')
    expect(shown.Job.State).toEqual({ StateType: 'Completed' })
    expect([startsOf(shown).length, successes(shown).length]).toEqual([2, 2])
    const stopped = await ended(ports.apiPort, endless ?? '')
    expect(stopped.Job.State).toMatchObject({ StateType: 'Failed', Message: expect.stringMatching(/timed out/i) })
    expect(startsOf(stopped)).toHaveLength(2)
    // Longer than the disconnect timeout has passed meanwhile.
    await until('both are still there', async () => (await connected()) === 2)
  })
})
