import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { LogChunk } from '#contracts/log-reader.ts'
import type { Clock } from '#lib/clock.ts'
import type { Execution } from '#models/execution.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { until } from '../../test/kit/until.ts'
import { LogSockets } from './log-sockets.ts'

/** A job that waits for its first execution. */
const waiting = partOf<JobsApi>({
  resolve: async () => 'j-1',
  get: async () => ({ Version: 1 }),
  logged: (_id: string, _choice: object, signal: AbortSignal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined))),
})

const timers: (() => void)[] = []
const clock = partOf<Clock>({
  after: (_ms: number, run: () => void) => {
    timers.push(run)
    return { stop: () => {} }
  },
})

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  timers.length = 0
})

/** The frames of a stream, as they come. */
async function streamed(query: string): Promise<string[]> {
  const server = createServer()
  new LogSockets(waiting, clock, undefined).serve(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/orchestrator/jobs/j-1/logs?${query}`)
  stops.push(() => {
    socket.close()
    server.closeAllConnections()
    server.close()
  })
  const frames: string[] = []
  socket.addEventListener('message', ({ data }) => frames.push(String(data)))
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  return frames
}

it('a stream that can go on after a break says with each ping that it lives', async () => {
  const frames = await streamed('follow=true&resumable=true')
  await until('it has begun', () => frames.length === 1)
  expect(JSON.parse(frames[0] ?? '')).toEqual({
    value: { Type: 0, Line: '' },
    Position: { ExecutionID: '', Stdout: 0, Stderr: 0 },
  })
  timers[0]?.()
  await until('it lives', () => frames.length === 2)
  expect(JSON.parse(frames[1] ?? '')).toEqual({ value: { Type: 0, Line: '' } })
})

it('other streams have output only', async () => {
  const [plain, resumable] = [await streamed('follow=true'), await streamed('follow=true&resumable=true')]
  for (const beat of timers.splice(0)) beat()
  await until('the other has its sign', () => resumable.length === 2)
  expect(plain).toEqual([])
})

/** A job that prints as fast as it is read, and a reader that answers no ping, as one does that is far behind. */
async function flooded() {
  let printed = 0
  const execution = partOf<Execution>({ ID: 'e-1', JobID: 'j-1', ComputeState: { StateType: 'Running' } })
  async function* logs(_id: string, _query: object, signal: AbortSignal): AsyncGenerator<LogChunk> {
    for (; !signal.aborted; printed++) yield { stream: 1, bytes: Buffer.alloc(256 * 1024, 'x') }
  }
  const server = createServer()
  new LogSockets(partOf<JobsApi>({ ...waiting, logged: async () => execution, logs }), clock, undefined).serve(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  stops.push(() => {
    socket.destroy()
    server.close()
  })
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  socket.write(
    `GET /api/v1/orchestrator/jobs/j-1/logs?follow=true HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`,
  )
  const lags = async () => {
    let [seen, times] = [-1, 0]
    await until('it lags', () => {
      times = printed === seen && printed > 0 ? times + 1 : 0
      seen = printed
      return times > 50
    })
  }
  return { socket, lags, printed: () => printed }
}

it('a reader that is slow and takes what is sent is alive, though its answer to the ping is far behind; one that takes nothing is not [R20]', async () => {
  const { socket, lags, printed } = await flooded()
  let isClosed = false
  socket.on('close', () => {
    isClosed = true
  })
  await lags()
  timers[0]?.()
  const before = printed()
  socket.resume()
  await until('it has taken a part', () => printed() > before + 40)
  socket.pause()
  await lags()
  timers[1]?.()
  expect(timers).toHaveLength(3)
  timers[2]?.()
  expect(timers).toHaveLength(3)
  socket.resume()
  await until('it is cut off', () => isClosed)
})
