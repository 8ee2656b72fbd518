import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bus } from '#contracts/bus.ts'
import { serveGoNodes } from '#link/bprotocol/serve.ts'
import { encodeFrame } from '#link/ncl/frame.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { JobSpec } from '#models/job.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { busClient } from '../../kit/bus-client.ts'
import { startOrchestrator } from '../../kit/cluster.ts'
import { jobSpec } from '../../kit/job-spec.ts'
import { endOf, submitSpec } from '../../kit/jobs.ts'
import { until } from '../../kit/until.ts'
import { absent, goldensDir } from '../../kit/vectors.ts'

type Line = { dir?: string; op?: string; subject?: string; reply?: string; json?: any }
const folder = join(goldensDir(), 'wire/v1.4.0')
const linesOf = (name: string): Line[] =>
  readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const started: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of started.splice(0).reverse()) await each.stop()
})

/** As NATS servers carry messages: who said them is not told. */
const withoutSenders = (bus: Bus): Bus => ({
  maxPayloadBytes: bus.maxPayloadBytes,
  publish: (...message) => bus.publish(...message),
  send: (...message) => bus.send(...message),
  request: (...question) => bus.request(...question),
  subscribe: (subject, handler) => bus.subscribe(subject, ({ sender: _, ...message }) => handler(message)),
  onConnection: (handler) => bus.onConnection(handler),
  close: () => bus.close(),
})

/** Our orchestrator with the adapter, and a connection as a node has it. */
async function served(name = 'node140', isOuter = false) {
  const cluster = await startOrchestrator()
  started.push(cluster)
  const node = await busClient(cluster.port, { name })
  started.push({ stop: () => node.close() })
  const logged: Record<string, unknown>[] = []
  const serve = () =>
    serveGoNodes({
      bus: isOuter ? withoutSenders(cluster.bus) : cluster.bus,
      clock: new SystemClock(),
      random: systemRandom,
      end: cluster.orchestrator.link,
      orchestratorId: 'orch140',
      knownInfo: (id) =>
        cluster.nodes.get(id).then(
          ({ Info }) => Info,
          () => undefined,
        ),
      liveOn: (id) => cluster.store.liveExecutions(id),
      log: (event, fields) => void logged.push({ event, ...fields }),
    })
  let serving = serve()
  /** As after a restart: nobody has been heard of yet. */
  const serveAnew = () => {
    serving.stop()
    serving = serve()
  }
  const answer = async (bus: Bus, { subject, json }: Line) =>
    JSON.parse(Buffer.from(await bus.request(subject ?? '', bytes(json), 50_000)).toString('utf8'))
  return { ...cluster, node, logged, serveAnew, answer: (line: Line) => answer(node, line) }
}

const statusOf = async (nodes: Awaited<ReturnType<typeof served>>['nodes']) =>
  (await nodes.get('node140' as NodeId)).ConnectionState.Status

if (!existsSync(folder)) absent('wire/v1.4.0')
else
  describe('what a node of 1.4 says is answered as its own orchestrator answers', () => {
    it.each(['01-connect-register', '02-idle-heartbeats', '03-batch-success-local'])(
      '%s [N11, N12, N14]',
      async (name) => {
        const lines = linesOf(name)
        const { node, answer, nodes } = await served()
        const register = linesOf('01-connect-register').find(({ subject }) => subject?.includes('RegisterNode'))
        await answer(register ?? {})
        let compared = 0
        // Its answers went to inboxes of its own orchestrator.
        const said = lines.filter(({ dir, op, subject }) => dir === 'C>S' && op === 'PUB' && !subject?.startsWith('_'))
        for (const line of said) {
          if (!line.subject?.startsWith('node.management.')) {
            node.publish(line.subject ?? '', bytes(line.json))
            continue
          }
          const recorded = lines.find(({ dir, subject }) => dir === 'S>C' && subject === line.reply)
          expect(await answer(line)).toEqual(recorded?.json)
          compared += 1
        }
        expect(compared).toBeGreaterThan(0)
        expect(await statusOf(nodes)).toBe('CONNECTED')
      },
    )

    it('a node with a lock file of another orchestrator comes in by what it tells of itself [W9, N12]', async () => {
      const { answer, nodes } = await served()
      const { json } = linesOf('01-connect-register').find(({ subject }) => subject?.includes('RegisterNode')) ?? {}
      const update = { subject: 'node.management.node140.UpdateNodeInfo/v1', json }
      expect(await answer(update)).toEqual({ value: { Accepted: true, Reason: '' } })
      expect(await statusOf(nodes)).toBe('CONNECTED')
    })

    it('a rejected node is told so, in the recorded words', async () => {
      const { answer, nodes } = await served()
      const { json } = linesOf('01-connect-register').find(({ subject }) => subject?.includes('RegisterNode')) ?? {}
      const register = { subject: 'node.management.node140.RegisterNode/v1', json }
      const update = { subject: 'node.management.node140.UpdateNodeInfo/v1', json }
      await answer(register)
      await nodes.reject('node140' as NodeId, '')
      const refused = linesOf('15-node-rejected-approved-deleted').find((line) => line.json?.value?.Accepted === false)
      expect(await answer(update)).toEqual(refused?.json)
      expect(await answer(register)).toEqual({ value: { Accepted: false, Reason: 'node has been rejected' } })
    })

    it('a newer node is sent to its own protocol, and nobody speaks for another [N2]', async () => {
      const { answer } = await served()
      const { json } = linesOf('01-connect-register').find(({ subject }) => subject?.includes('RegisterNode')) ?? {}
      const newer = { Info: { ...json.Info, SupportedProtocols: ['bprotocol/v2', 'ncl/v1'] } }
      const subject = 'node.management.node140.RegisterNode/v1'
      expect((await answer({ subject, json: newer })).value.Accepted).toBe(false)
      const forged = await answer({ subject, json: { Info: { ...json.Info, NodeID: 'other' } } })
      expect(forged).toEqual({ error: 'a node may speak only for itself', value: null })
    })
  })

it('heartbeats of both kinds are heard, each for its own node only [N13]', async () => {
  const { node, logged } = await served()
  node.publish('heartbeat', bytes({ NodeID: 'other', Sequence: 1 }))
  const framed = encodeFrame({ Type: 'heartbeat' }, '{"NodeID":"other","Sequence":1}')
  node.publish('bacalhau.global.compute.node140.out.heartbeat', framed)
  await until('both are heard', () => logged.length === 2)
  expect(logged.map(({ subject, error }) => [subject, error])).toEqual([
    ['heartbeat', 'a node may speak only for itself'],
    ['bacalhau.global.compute.node140.out.heartbeat', 'a node may speak only for itself'],
  ])
})

type Order = { ExecutionID: string; JobID: string }
type Callback = { name: string; body: object }

const stateError = (state: string): string =>
  `error in handler : execution is in state ${state} but expected one of [Created]`

/** A node with one engine that answers each order as `run` says. */
async function withNode(
  run: (order: Order) => Callback | Promise<Callback>,
  isOuter = false,
  state = (_id: string) => 'Running',
  isHeard = () => true,
) {
  const cluster = await served('node-4', isOuter)
  const { node, answer } = cluster
  const room = { CPU: 2, Memory: 4_000_000_000, Disk: 4_000_000_000 }
  const ComputeNodeInfo = {
    ExecutionEngines: ['wasm'],
    Publishers: null,
    StorageSources: null,
    MaxCapacity: room,
    QueueCapacity: {},
    AvailableCapacity: room,
    MaxJobRequirements: room,
  }
  const orders: string[] = []
  node.subscribe('node.compute.node-4.>', ({ subject, payload, reply = '' }) => {
    const { Execution, ExecutionID, SourcePeerID } = JSON.parse(Buffer.from(payload).toString())
    const order = { ExecutionID: Execution?.ID ?? ExecutionID, JobID: Execution?.JobID ?? '' }
    if (subject.endsWith('BidAccepted/v1'))
      return node.publish(reply, bytes({ error: stateError(state(ExecutionID)), value: null }))
    if (isHeard()) node.publish(reply, bytes({ value: order }))
    if (!subject.endsWith('AskForBid/v1') || orders.includes(order.ExecutionID)) return
    orders.push(order.ExecutionID)
    void Promise.resolve(run(order)).then(({ name, body }) =>
      node.publish(
        `node.orchestrator.${SourcePeerID}.${name}/v1`,
        bytes({ SourcePeerID: 'node-4', ...order, ...body }),
      ),
    )
  })
  const Info = { NodeID: 'node-4', NodeType: 'Compute', Labels: {}, ComputeNodeInfo }
  await answer({ subject: 'node.management.node-4.RegisterNode/v1', json: { Info } })
  return { ...cluster, orders }
}

const wasmJob = (change: Partial<JobSpec> = {}): Partial<JobSpec> => ({
  Tasks: jobSpec().Tasks.map((task) => ({ ...task, Engine: { Type: 'wasm' } })),
  ...change,
})

const printed = (Stdout: string) => ({
  name: 'OnRunComplete',
  body: { RunCommandResult: { Stdout, StdoutTruncated: false, stderr: '', StderrTruncated: false, ExitCode: 0 } },
})

describe('a job on a node of 1.4', () => {
  it('is sent once and completes by what the node calls back [N14, N17]', async () => {
    const { jobs, orders } = await withNode(() => printed('hello\n'))
    const id = await submitSpec(jobs, wasmJob())
    expect((await endOf(jobs, id)).State.StateType).toBe('Completed')
    expect((await jobs.executions(id)).map(({ RunOutput }) => RunOutput?.Stdout)).toEqual(['hello\n'])
    expect(orders).toHaveLength(1)
  })

  it('ends by what its node calls back before anything else after a restart, which nothing but that call lets in [N16]', async () => {
    const done = Promise.withResolvers<Callback>()
    const cluster = await withNode(() => done.promise)
    const id = await submitSpec(cluster.jobs, wasmJob())
    await until('it has the order', () => cluster.orders.length === 1)
    cluster.serveAnew()
    done.resolve(printed('hello\n'))
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
  })

  it('begins again when nobody heard its node tell of its end, which it does once; what runs is left to it [W7]', async () => {
    const silent = new Promise<Callback>(() => {})
    const calls = [silent, silent, printed('again\n')]
    const cluster = await withNode(
      () => calls.shift() ?? silent,
      false,
      (id) => (id === cluster.orders[0] ? 'Completed' : 'Running'),
    )
    const ended = await submitSpec(cluster.jobs, wasmJob())
    await until('it has the order', () => cluster.orders.length === 1)
    const running = await submitSpec(cluster.jobs, wasmJob({ Name: 'running' }))
    const states = async (id: JobId) =>
      (await cluster.jobs.executions(id)).map(
        ({ ComputeState, FailureClass }) => FailureClass || ComputeState.StateType,
      )
    await until('both run', async () => [await states(ended), await states(running)].join() === 'Running,Running')
    cluster.serveAnew()
    cluster.node.publish('heartbeat', bytes({ NodeID: 'node-4', Sequence: 2 }))
    expect((await endOf(cluster.jobs, ended)).State.StateType).toBe('Completed')
    expect((await states(ended)).toSorted()).toEqual(['Completed', 'lost'])
    expect(await states(running)).toEqual(['Running'])
  }, 30_000)

  it('begins again when its node has ended it before anybody heard that it has the order [W7]', async () => {
    const silent = new Promise<Callback>(() => {})
    const calls = [silent, printed('again\n')]
    let isHeard = false
    const cluster = await withNode(
      () => calls.shift() ?? silent,
      false,
      (id) => (id === cluster.orders[0] ? 'Completed' : 'Running'),
      () => isHeard,
    )
    const id = await submitSpec(cluster.jobs, wasmJob())
    await until('it has the order', () => cluster.orders.length === 1)
    isHeard = true
    cluster.serveAnew()
    cluster.node.publish('heartbeat', bytes({ NodeID: 'node-4', Sequence: 2 }))
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    expect(cluster.orders).toHaveLength(2)
  }, 30_000)

  it('ends by the first that its node says of its end, though it is said twice and its bid comes after that [N16]', async () => {
    const cluster = await withNode(async (order) => {
      const say = (name: string, body: object) =>
        cluster.node.publish(
          `node.orchestrator.orch140.node-4.${name}/v1`,
          bytes({ SourcePeerID: 'node-4', ...order, ...body }),
        )
      say('OnRunComplete', printed('first\n').body)
      say('OnBidComplete', { Accepted: true, Event: {} })
      say('OnComputeFailure', { Event: { Message: 'too late' } })
      return printed('second\n')
    })
    const id = await submitSpec(cluster.jobs, wasmJob())
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    await cluster.answer({ subject: 'node.management.node-4.UpdateResources/v1', json: { NodeID: 'node-4' } })
    expect((await cluster.jobs.executions(id)).map(({ RunOutput }) => RunOutput?.Stdout)).toEqual(['first\n'])
  })

  it('ends by what its own node calls back, whatever another node says in its name [S10]', async () => {
    const cluster = await withNode(async (order) => {
      const mallory = await busClient(cluster.port, { name: 'mallory' })
      started.push({ stop: () => mallory.close() })
      const forged = { SourcePeerID: 'node-4', ...order, ...printed('forged\n').body }
      mallory.publish('node.orchestrator.orch140.OnRunComplete/v1', bytes(forged))
      mallory.publish('heartbeat', bytes({ NodeID: 'node-4', Sequence: 1 }))
      await until('both are refused', () => cluster.logged.length === 2)
      return printed('hello\n')
    })
    const id = await submitSpec(cluster.jobs, wasmJob())
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    expect((await cluster.jobs.executions(id)).map(({ RunOutput }) => RunOutput?.Stdout)).toEqual(['hello\n'])
    const said = { event: 'node_message_refused', nodeId: 'mallory', error: 'a node may speak only for itself' }
    expect(cluster.logged).toEqual([
      { ...said, subject: 'node.orchestrator.orch140.OnRunComplete/v1' },
      { ...said, subject: 'heartbeat' },
    ])
  })

  it('is not in the hands of a node that registers under the name of another, which is answered and told [S10]', async () => {
    const cluster = await withNode(async () => printed('hello\n'))
    const mallory = await busClient(cluster.port, { name: 'mallory' })
    started.push({ stop: () => mallory.close() })
    const subject = 'node.management.mallory.RegisterNode/v1'
    const forged = bytes({ Info: { NodeID: 'node-4', NodeType: 'Compute' } })
    const answer = await mallory.request(subject, forged, 50_000)
    expect(Buffer.from(answer).toString()).toContain('a node may speak only for itself')
    const said = { event: 'node_message_refused', nodeId: 'mallory', error: 'a node may speak only for itself' }
    expect(cluster.logged).toEqual([{ ...said, subject }])
  })

  it('ends by what comes on the subject of its own node where servers do not tell who says what [S10]', async () => {
    const cluster = await withNode(async (order) => {
      const mallory = await busClient(cluster.port, { name: 'mallory' })
      started.push({ stop: () => mallory.close() })
      const forged = bytes({ SourcePeerID: 'node-4', ...order, ...printed('forged\n').body })
      mallory.publish('node.orchestrator.orch140.OnRunComplete/v1', forged)
      mallory.publish('node.orchestrator.orch140.mallory.OnRunComplete/v1', forged)
      await until('both are refused', () => cluster.logged.length === 2)
      return printed('hello\n')
    }, true)
    const id = await submitSpec(cluster.jobs, wasmJob())
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    expect((await cluster.jobs.executions(id)).map(({ RunOutput }) => RunOutput?.Stdout)).toEqual(['hello\n'])
    expect(cluster.logged.map(({ error }) => error)).toEqual(Array(2).fill('a node may speak only for itself'))
  })

  it('is not lost by beats that anybody may have said: they show only that its node lives', async () => {
    const done = Promise.withResolvers<Callback>()
    const cluster = await withNode(() => done.promise, true)
    cluster.node.publish('heartbeat', bytes({ NodeID: 'node-4', Sequence: 100 }))
    const id = await submitSpec(cluster.jobs, wasmJob())
    await until('it has the order', () => cluster.orders.length === 1)
    const mallory = await busClient(cluster.port, { name: 'mallory' })
    started.push({ stop: () => mallory.close() })
    for (let time = 0; time < 3; time++) mallory.publish('heartbeat', bytes({ NodeID: 'node-4', Sequence: 1 }))
    await mallory.request('node.management.mallory.UpdateResources/v1', bytes({ NodeID: 'mallory' }), 50_000)
    done.resolve(printed('hello\n'))
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    expect(cluster.orders).toHaveLength(1)
  })

  it('fails with the reason when what the node calls back cannot be read, instead of running for ever', async () => {
    const { jobs } = await withNode(() => ({ name: 'OnRunComplete', body: { RunCommandResult: 'all well' } }))
    const id = await submitSpec(jobs, wasmJob({ Reschedule: { Attempts: 1 } }))
    const { State } = await endOf(jobs, id)
    expect(State.StateType).toBe('Failed')
    expect(State.Message).toMatch(/^the node's report cannot be read: RunCommandResult must be an object/)
  })
})
