import { expect, it } from 'vitest'
import type { Bus, BusMessage } from '#contracts/bus.ts'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { serveLogsOverBus } from '#link/bus-logs.ts'
import { partOf } from '../kit/part-of.ts'
import { StepClock } from '../kit/step-clock.ts'
import { until } from '../kit/until.ts'

/** What a node sends of this output to a reader whose answers take a while, and how many were under way at most. */
const sentOf = async (chunks: readonly LogChunk[], pieces?: number) => {
  const sent: Buffer[] = []
  const underWay = { now: 0, most: 0, bytes: 0, mostBytes: 0 }
  let isOver = false
  let ask: (message: BusMessage) => void = () => {}
  const bus = partOf<Bus>({
    maxPayloadBytes: 1024 * 1024,
    subscribe: (_subject: string, handler: (message: BusMessage) => void) => {
      ask = handler
      return { stop: () => {} }
    },
    publish: (subject: string) => {
      if (subject === '_LOGS.n-1.reader') isOver = true
    },
    request: (_subject: string, payload: Uint8Array) => {
      sent.push(Buffer.from(payload))
      underWay.most = Math.max(underWay.most, ++underWay.now)
      underWay.mostBytes = Math.max(underWay.mostBytes, (underWay.bytes += payload.length))
      return new Promise((resolve) => {
        setTimeout(() => {
          underWay.now -= 1
          underWay.bytes -= payload.length
          resolve(Buffer.of(1))
        }, 5)
      })
    },
  })
  const end = partOf<ComputeEnd>({
    async *readLogs() {
      yield* chunks
    },
  })
  serveLogsOverBus(bus, 'logs', end, new StepClock())
  const query = { executionId: 'e-1', isFollowing: false, isTail: false, inbox: '_LOGS.n-1.reader', pieces }
  ask({ subject: 'logs', payload: Buffer.from(JSON.stringify(query)), reply: 'reply' })
  await until('all is sent', async () => isOver)
  return { sent, most: underWay.most, mostBytes: underWay.mostBytes }
}

const line = (n: number): Buffer => Buffer.from(`line ${n}\n`.padStart(40))

it('ten thousand lines go to a reader far away in few pieces, each byte once and in order [R20]', async () => {
  const chunks = Array.from({ length: 10_000 }, (_, n): LogChunk => ({ stream: 1, bytes: line(n), end: (n + 1) * 40 }))
  const { sent } = await sentOf(chunks)
  expect(sent.length).toBeLessThan(20)
  expect(
    Buffer.concat(sent.map((piece) => piece.subarray(7))).equals(Buffer.concat(chunks.map(({ bytes }) => bytes))),
  ).toBe(true)
  expect(sent.at(-1)?.readUIntBE(1, 6)).toBe(400_000)
})

it('what does not follow what came before goes by itself: the other stream, and output after a gap', async () => {
  const [first, second] = [line(1), line(2)]
  const { sent } = await sentOf([
    ...Array.from({ length: 4 }, (_, n): LogChunk => ({ stream: 1, bytes: first, end: (n + 1) * 40 })),
    { stream: 2, bytes: second, end: 40 },
    { stream: 1, bytes: first, end: 1_000 },
    { stream: 1, bytes: second, end: 1_040 },
    { stream: 1, bytes: second, end: 2_000 },
  ])
  expect(sent.slice(4).map((piece) => [piece[0], piece.readUIntBE(1, 6), piece.length - 7])).toEqual([
    [2, 40, 40],
    [1, 1_040, 80],
    [1, 2_000, 40],
  ])
})

it('streams that take turns line by line go in as many pieces at once as their reader holds: four, when it names no number [R20]', async () => {
  const chunks = Array.from(
    { length: 2_000 },
    (_, n): LogChunk => ({ stream: n % 2 === 0 ? 1 : 2, bytes: line(n), end: (Math.floor(n / 2) + 1) * 40 }),
  )
  for (const [pieces, most] of [
    [undefined, 4],
    [100, 100],
    [1_000_000, 256],
  ] as const) {
    const seen = await sentOf(chunks.slice(0, 10 * most), pieces)
    expect(seen.most).toBe(most)
    expect(seen.sent.map((piece) => piece.subarray(7).toString())).toEqual(
      chunks.slice(0, 10 * most).map(({ bytes }) => bytes.toString()),
    )
  }
})

it('however many pieces its reader holds, no more is under way than it holds in bytes', async () => {
  const bytes = Buffer.alloc(128 * 1024, 'x')
  const chunks = Array.from({ length: 40 }, (_, n): LogChunk => ({ stream: 1, bytes, end: (n + 1) * bytes.length }))
  const { sent, mostBytes } = await sentOf(chunks, 256)
  expect(sent.length).toBeGreaterThanOrEqual(40)
  expect(mostBytes).toBeLessThan(700_000)
})
