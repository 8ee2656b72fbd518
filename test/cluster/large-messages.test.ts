import { afterEach, describe, expect, it } from 'vitest'
import type { Bus } from '#contracts/bus.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { call, serveCalls } from '#link/bus-call.ts'
import { deliverOverBus } from '#link/bus-deliver.ts'
import { readLogsOverBus, serveLogsOverBus } from '#link/bus-logs.ts'
import { readPieceOverBus, servePiecesOverBus } from '#link/bus-pieces.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Frame, OrchestratorMessage } from '#models/messages/messages.ts'
import { LocalBus } from '#nats/local-bus.ts'
import { Router } from '#nats/server/router.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { busClient } from '../kit/bus-client.ts'
import { NatsServer, withNatsServer } from '../kit/nats-server.ts'
import { until } from '../kit/until.ts'

const parts: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of parts.splice(0).reverse()) await part.close()
})

const clock = new SystemClock()
const executionId = 'e-1' as ExecutionId
const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251))

/** A node with one execution: its output and its result are these bytes. */
const end: ComputeEnd = {
  deliver: async () => ({ LastSeq: 0 }),
  async *readLogs() {
    yield { stream: 1, bytes }
  },
  readResult: async ({ offset, limitBytes }) => ({
    bytes: bytes.subarray(offset, offset + limitBytes),
    sizeBytes: bytes.length,
    tag: 'x',
  }),
}

withNatsServer(() => {
  describe('over a nats-server that carries 16 KB at once', () => {
    const config = 'max_payload: 16KB'
    const open = async () => {
      const server = await NatsServer.start(config)
      parts.push(server)
      const [one, other] = [await busClient(server.port), await busClient(server.port)]
      parts.push(one, other)
      return { server, one, other }
    }
    const answered = (bus: Bus): Promise<void> =>
      until('the call is served', () =>
        call(bus, 'work', '"are you there"', 1_000, systemRandom).then(
          () => true,
          () => false,
        ),
      )

    it('an order of a megabyte arrives as it was', async () => {
      const { one, other } = await open()
      serveCalls(other, 'work', { handle: async (_subject, body) => [body].flat().length })
      await answered(one)
      const order = Array.from({ length: 10_000 }, (_, n) => `${n}`.padEnd(100))
      expect(await call(one, 'work', JSON.stringify(order), 50_000, systemRandom)).toBe(10_000)
    })

    it('an order whose server dies on the way fails at once, and arrives whole when it is sent again [R103]', async () => {
      const { server, one, other } = await open()
      const got: unknown[] = []
      serveCalls(other, 'work', { handle: async (_subject, body) => got.push(body) })
      await answered(one)
      const order = 'x'.repeat(1_000_000)
      const sent = call(one, 'work', JSON.stringify(order), 50_000, systemRandom).catch((error: unknown) => error)
      let messages = 0
      other.subscribe('work', () => {
        messages += 1
      })
      await until('half of it is there', () => messages > 20)
      await server.end('SIGKILL')
      expect(await sent).toMatchObject({ code: 'ServiceUnavailable', isRetryable: true })
      await server.start(config)
      await answered(one)
      await call(one, 'work', JSON.stringify(order), 50_000, systemRandom)
      expect(got.filter((body) => body !== 'are you there')).toEqual([order])
    })

    it('output and results arrive in smaller pieces', async () => {
      const { one, other } = await open()
      serveCalls(other, 'work', { handle: async () => 0 })
      serveLogsOverBus(other, 'logs', end, clock)
      servePiecesOverBus(other, 'results', (_subject, query) => end.readResult(query as never))
      await answered(one)
      const output: Uint8Array[] = []
      const source = { bus: one, clock, random: systemRandom, nodeId: 'n-1' as NodeId, subject: 'logs' }
      const query = { executionId, isFollowing: false, isTail: false }
      const signal = new AbortController().signal
      for await (const chunk of readLogsOverBus(source, query, signal)) output.push(chunk.bytes)
      expect(Buffer.concat(output).equals(bytes)).toBe(true)
      const result = await readPieceOverBus(one, 'results', { offset: 5, limitBytes: 100_000 })
      expect([result.sizeBytes, result.bytes.length]).toEqual([300_000, 16_384 - 512])
      expect(bytes.subarray(5).indexOf(result.bytes)).toBe(0)
    })
  })
})

describe('a batch of large orders', () => {
  const frames: Frame<OrchestratorMessage>[] = Array.from({ length: 9 }, (_, at) => ({
    Seq: at + 1,
    Message: {
      Kind: 'CancelExecution',
      Body: { ExecutionID: 'e-1' as ExecutionId, Reason: `${at}`.repeat(1_500_000) },
    },
  }))
  const served = (lastTaken: number) => {
    const bus = new LocalBus(new Router(), new SystemClock(), systemRandom)
    const calls: number[][] = []
    serveCalls(bus, 'work', {
      handle: async (_subject, body) => {
        const seqs = (body as { Frames: { Seq: number }[] }).Frames.map(({ Seq }) => Seq)
        calls.push(seqs)
        return { LastSeq: Math.min(lastTaken, seqs.at(-1) ?? 0) }
      },
    })
    return { calls, deliver: () => deliverOverBus(bus, 'work', 'l-1', frames, systemRandom) }
  }

  it('goes in calls that a receiver puts together, however large the whole is', async () => {
    const { calls, deliver } = served(9)
    expect(await deliver()).toEqual({ LastSeq: 9 })
    expect(calls).toEqual([[1, 2], [3, 4], [5, 6], [7, 8], [9]])
  })

  it('stops where the other side stops', async () => {
    const { calls, deliver } = served(3)
    expect(await deliver()).toEqual({ LastSeq: 3 })
    expect(calls).toEqual([
      [1, 2],
      [3, 4],
    ])
  })
})
