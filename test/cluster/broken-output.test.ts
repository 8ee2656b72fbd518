import { afterEach, expect, it } from 'vitest'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { readLogsOverBus, serveLogsOverBus } from '#link/bus-logs.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Router } from '#nats/server/router.ts'
import { systemRandom } from '#platform/random.ts'
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
  const parts = { clock, random: systemRandom }
  const chunks = readLogsOverBus(bus, 'n-1' as NodeId, 'logs', query, reader.signal, parts)[Symbol.asyncIterator]()
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
