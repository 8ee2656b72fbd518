import { afterEach, expect, it } from 'vitest'
import type { LogChunk, LogQuery } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { RemoteOrchestrator } from '#link/bus-ends.ts'
import { readLogsOverBus, serveLogsOverBus } from '#link/bus-logs.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Handshake } from '#models/messages/messages.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Router } from '#nats/server/router.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { busClient } from '../kit/bus-client.ts'
import { startOrchestrator } from '../kit/cluster.ts'
import { submitSpec } from '../kit/jobs.ts'
import { nodeState } from '../kit/reconcile-world.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** A node whose program printed one line and is silent since, and its one reader. */
function rig() {
  const clock = new StepClock()
  const bus = new LocalBus(new Router(), clock, systemRandom)
  let leave: AbortSignal | undefined
  async function* readLogs(_query: unknown, signal: AbortSignal): AsyncGenerator<LogChunk> {
    leave = signal
    yield { stream: 1, bytes: Buffer.from('one\n'), end: 4 }
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  const node = serveLogsOverBus(bus, 'logs', { readLogs } as Partial<ComputeEnd> as ComputeEnd, clock)
  const reader = new AbortController()
  stops.push(node.stop, () => reader.abort())
  const query = { executionId: 'e-1' as ExecutionId, isFollowing: true, isTail: false }
  const source = { bus, clock, random: systemRandom, nodeId: 'n-1' as NodeId, subject: 'logs' }
  const chunks = readLogsOverBus(source, query, reader.signal)[Symbol.asyncIterator]()
  const pass = async (ms: number) => {
    clock.goTo(clock.nowAtMs + ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { bus, reader, chunks, pass, hasLeft: () => leave?.aborted }
}

it('a node that goes on reading out a silent program is waited for as long as it takes [R20]', async () => {
  const { chunks, pass, reader } = rig()
  expect((await chunks.next()).value).toMatchObject({ end: 4 })
  const next = chunks.next()
  for (let seconds = 0; seconds < 600; seconds += 5) await pass(5_000)
  reader.abort()
  expect(await next).toEqual({ value: undefined, done: true })
})

it('a node that is not heard any more is out of reach for its reader [W46]', async () => {
  const { chunks, pass, bus } = rig()
  await chunks.next()
  const next = chunks.next()
  bus.publish = () => {}
  bus.request = () => Promise.withResolvers<Uint8Array>().promise
  const end = next.catch((error: unknown) => error)
  for (let seconds = 0; seconds < 20; seconds += 5) await pass(5_000)
  expect(await end).toMatchObject({ code: 'ServiceUnavailable', message: 'node n-1 went silent', isRetryable: true })
})

it('a reader that is gone is noticed though nothing is printed, and what was held for it is freed [R20]', async () => {
  const { chunks, pass, reader, hasLeft } = rig()
  await chunks.next()
  const next = chunks.next()
  reader.abort()
  await next
  expect(hasLeft()).toBe(false)
  await pass(5_000)
  await until('the node has let it go', () => hasLeft() === true)
})

/** Greets as node `n-1` over a line of its own, and reads out one text to whoever asks. */
const greet = async (port: number, text: string, end: number, known: Pick<Handshake, 'LinkID' | 'LiveExecutions'>) => {
  const bus = await busClient(port, { name: 'n-1' })
  stops.push(() => void bus.close())
  const asked: LogQuery[] = []
  const back: ComputeEnd = {
    deliver: async (_linkId, frames) => ({ LastSeq: frames.at(-1)?.Seq ?? 0 }),
    async *readLogs(query, signal) {
      asked.push(query)
      yield { stream: 1, bytes: Buffer.from(text), end }
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    },
    readResult: async () => ({ bytes: new Uint8Array(), sizeBytes: 0, tag: '' }),
  }
  const { Info } = nodeState('n-1', { CPU: 8, Memory: 8e9, Disk: 8e9, GPU: 0 }, {})
  const side = { bus, nodeId: Info.NodeID, random: systemRandom, clock: new SystemClock(), log: () => {} }
  const { LinkID } = await new RemoteOrchestrator(side).handshake({ NodeInfo: Info, StoreID: 's', ...known }, back)
  return { bus, asked, LinkID }
}

it('a node that was killed and greets anew is read from again at once, where its output stood [R20, W46]', async () => {
  const cluster = await startOrchestrator()
  const reader = new AbortController()
  try {
    const killed = await greet(cluster.port, 'one\n', 4, { LinkID: '', LiveExecutions: [] })
    const id = await submitSpec(cluster.jobs)
    await until('it is on the node', async () => (await cluster.jobs.executions(id)).length === 1)
    const [execution] = await cluster.jobs.executions(id)
    const executionId = execution?.ID as ExecutionId
    const query = { executionId, isFollowing: true, isTail: false }
    const output = cluster.jobs.logs(id, query, reader.signal)[Symbol.asyncIterator]()
    expect(Buffer.from((await output.next()).value.bytes).toString()).toBe('one\n')
    await killed.bus.close()
    const anew = await greet(cluster.port, 'two\n', 8, { LinkID: killed.LinkID, LiveExecutions: [executionId] })
    expect(Buffer.from((await output.next()).value.bytes).toString()).toBe('two\n')
    expect(anew.asked).toMatchObject([{ after: { 1: 4, 2: 0 } }])
  } finally {
    reader.abort()
    await cluster.stop()
  }
}, 10_000)
