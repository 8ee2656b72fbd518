import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { Clock } from '#lib/clock.ts'
import { until } from '../../test/kit/until.ts'
import { LogSockets } from './log-sockets.ts'

/** A job that waits for its first execution. */
const waiting = {
  resolve: async () => 'j-1',
  get: async () => ({ Version: 1 }),
  logged: (_id: string, _choice: object, signal: AbortSignal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined))),
} as unknown as JobsApi

const timers: (() => void)[] = []
const clock = {
  after: (_ms: number, run: () => void) => {
    timers.push(run)
    return { stop: () => {} }
  },
} as unknown as Clock

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
