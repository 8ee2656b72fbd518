import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { JobsApi } from '#contracts/control-plane.ts'
import type { LogQuery } from '#contracts/log-reader.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { LogFiles } from '#platform/log-files.ts'
import { LogSockets } from '#server/log-sockets.ts'
import { partOf } from '../kit/part-of.ts'
import { until } from '../kit/until.ts'

const executionId = 'e-1' as ExecutionId
const running = partOf<Execution>({ ID: executionId, JobID: 'j-1', ComputeState: { StateType: 'Running' } })
const path = '/api/v1/orchestrator/jobs/j-1/logs?follow=true'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop()
})

/** A server whose one job prints what the test writes, as a node keeps it. */
async function rig() {
  const folder = mkdtempSync(join(tmpdir(), 'many-followers-'))
  stops.push(() => rmSync(folder, { recursive: true, force: true }))
  const clock = new SystemClock()
  const logs = new LogFiles({ directory: folder, clock, limitBytes: 0, onLost: () => {} })
  const jobs = partOf<JobsApi>({
    resolve: async () => 'j-1',
    get: async () => ({ Version: 1 }),
    logged: async () => running,
    logs: (_id: string, query: LogQuery, signal: AbortSignal) => logs.read(query, signal),
  })
  const server = createServer()
  const sockets = new LogSockets(jobs, clock, undefined)
  sockets.serve(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    sockets.stop(new Error('over'))
    server.closeAllConnections()
    server.close()
  })
  const filesOpen = () => readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(folder)).length
  return {
    keeper: await logs.open(executionId, { isResumed: false, isNewestKept: false }),
    port: (server.address() as AddressInfo).port,
    filesOpen,
  }
}

const linkOf = (fd: string): string => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

/** The digest of all that one follower gets to the end. */
function follower(port: number): Promise<string> {
  const digest = createHash('sha256')
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
  return new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => digest.update(JSON.parse(String(data)).value.Line))
    socket.addEventListener('close', ({ code }) => (code === 1000 ? resolve(digest.digest('hex')) : reject(code)))
  })
}

/** A follower that never reads. */
async function stalled(port: number) {
  const socket = connect(port, '127.0.0.1')
  stops.push(() => socket.destroy())
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`)
  await new Promise((resolve) => socket.once('readable', resolve))
  return socket
}

/** Prints so many megabytes, and returns the digest of them. */
async function print(keeper: LogKeeper, megabytes: number): Promise<string> {
  const digest = createHash('sha256')
  for (let at = 0; at < megabytes * 16; at++) {
    const block = Buffer.from(`${`line ${at} `.padEnd(63, 'x')}\n`.repeat(1_024))
    digest.update(block)
    await keeper.write(1, block)
  }
  await keeper.close()
  return digest.digest('hex')
}

it('two hundred followers each get all of it, and leave nothing behind [R20]', async () => {
  const { keeper, port, filesOpen } = await rig()
  const all = Array.from({ length: 200 }, () => follower(port))
  const whole = await print(keeper, 1)
  expect(new Set(await Promise.all(all))).toEqual(new Set([whole]))
  await until('nothing of them is left', () => filesOpen() === 0)
}, 60_000)

it('followers that do not read hold up neither the program nor others, and leave nothing behind [R20, W46]', async () => {
  const { keeper, port, filesOpen } = await rig()
  const idle = await Promise.all(Array.from({ length: 8 }, () => stalled(port)))
  const all = Array.from({ length: 8 }, () => follower(port))
  // More than the system holds for a socket that is not read.
  const whole = await print(keeper, 16)
  expect(new Set(await Promise.all(all))).toEqual(new Set([whole]))
  await until('only those that do not read are left', () => filesOpen() === idle.length)
  for (const socket of idle) socket.destroy()
  await until('nothing of them is left', () => filesOpen() === 0)
}, 60_000)
