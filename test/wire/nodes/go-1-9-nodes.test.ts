import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { goJson } from '#api/encode/go-json.ts'
import { decodeFrame, encodeFrame, typeOf } from '#link/ncl/frame.ts'
import type { NodeId } from '#models/ids.ts'
import { busClient } from '../../kit/bus-client.ts'
import { startOrchestrator } from '../../kit/cluster.ts'
import { jobSpec } from '../../kit/job-spec.ts'
import { submitSpec } from '../../kit/jobs.ts'
import { conversation, rawNats } from '../../kit/raw-nats.ts'
import { testParts } from '../../kit/test-parts.ts'
import { until } from '../../kit/until.ts'

const { started, stop } = testParts()
const room = { CPU: 2, Memory: 4_000_000_000, Disk: 4_000_000_000 }
const NodeInfo = {
  NodeID: 'go-1',
  NodeType: 'Compute',
  SupportedProtocols: ['bprotocol/v2', 'ncl/v1'],
  ComputeNodeInfo: {
    ExecutionEngines: ['docker'],
    MaxCapacity: room,
    AvailableCapacity: room,
    MaxJobRequirements: room,
  },
  BacalhauVersion: { GitVersion: 'v1.9.3' },
}
const own = 'bacalhau.global.compute.go-1'
const frame = (Type: string, payload: object, seq = 1) =>
  encodeFrame({ Type, 'Bacalhau-SeqNum': String(seq) }, goJson(payload))
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

type Order = { seq: number; body: any }

/** A connection as a Go node has it, which acknowledges what it is told. */
async function node(port: number) {
  const bus = await busClient(port, { name: 'go-1' })
  const connection = started({ stop: () => bus.close() })
  const orders: Order[] = []
  bus.subscribe(`${own}.in.msgs`, ({ payload, reply = '' }) => {
    const { metadata, payload: body } = decodeFrame(payload)
    orders.push({ seq: Number(metadata['Bacalhau-SeqNum']), body })
    bus.publish(reply, Buffer.from('{}'))
  })
  const control = async (type: string, payload: object = {}) =>
    decodeFrame(await bus.request(`${own}.out.ctrl`, frame(`transport.${type}`, payload), 50_000))
  const say = async (bytes: Uint8Array) => text(await bus.request(`${own}.out.msgs`, bytes, 50_000))
  const handshake = () => control('HandshakeRequest', { NodeInfo, StartTime: '2026-01-02T00:00:00Z' })
  const beat = () => control('HeartbeatRequest', { NodeID: 'go-1', AvailableCapacity: room, QueueUsedCapacity: {} })
  return { bus, connection, orders, control, say, handshake, beat }
}

const dockerJob = {
  Tasks: jobSpec().Tasks.map((task) => ({ ...task, Engine: { Type: 'docker', Params: { Image: 'busybox' } } })),
}

describe('an orchestrator that nodes of 1.9 accept', () => {
  it('has a broker with headers that carries a mebibyte, and says at once that nobody listens [N1]', async () => {
    const { port } = started(await startOrchestrator())
    const [, info] = /^INFO (\{.*\})/.exec(await conversation(port, 'BYE\r\n')) ?? []
    expect(JSON.parse(info ?? '')).toMatchObject({ headers: true, max_payload: 1_048_576 })
    const client = await rawNats(port, { name: 'go-1' })
    client.say('SUB _INBOX.aaaaaaaaaaaa0123456789.* 1')
    client.publish(`${own}.out.nothing`, '{}', '_INBOX.aaaaaaaaaaaa0123456789.x')
    await client.hears('HMSG _INBOX.aaaaaaaaaaaa0123456789.x 1 16 16\r\nNATS/1.0 503\r\n\r\n')
    client.socket.destroy()
  })

  it('demands a handshake of whom it does not know, and takes reports as soon as it has answered it [N3, N4, N5, N7]', async () => {
    const { port } = started(await startOrchestrator())
    const { beat, handshake, say, control } = await node(port)
    const unknown = await beat()
    expect([typeOf(unknown), unknown.payload.Code]).toEqual(['BacError', 'HandshakeRequired'])
    expect(unknown.metadata).toMatchObject({
      'Bacalhau-StatusCode': '428',
      'Bacalhau-ErrorCode': 'HandshakeRequired',
    })
    const welcome = await handshake()
    const first = say(frame('RunResult', { ExecutionID: 'e-of-before' }))
    expect([typeOf(welcome), welcome.payload.accepted]).toEqual(['transport.HandshakeResponse', true])
    expect(await first).toBe('{}')
    expect(await say(frame('RunResult', { ExecutionID: 'e-of-before' }))).toBe('{}')
    expect(typeOf(await beat())).toBe('transport.HeartbeatResponse')
    const update = await control('UpdateNodeInfoRequest', { NodeInfo })
    expect([typeOf(update), update.payload.accepted]).toEqual(['transport.UpdateNodeInfoResponse', true])
  })

  it('counts a node that says goodbye as lost at once, and knows it again by its handshake [N9]', async () => {
    const { port, nodes } = started(await startOrchestrator())
    const { beat, handshake, control } = await node(port)
    const status = async () => (await nodes.get('go-1' as NodeId)).ConnectionState.Status
    await handshake()
    expect(await status()).toBe('CONNECTED')
    expect(typeOf(await control('ShutdownNoticeRequest', { NodeID: 'go-1' }))).toBe('transport.ShutdownNoticeResponse')
    expect(await status()).toBe('DISCONNECTED')
    expect((await beat()).payload.Code).toBe('HandshakeRequired')
    expect((await handshake()).payload).toMatchObject({ accepted: true, reason: 'node reconnected' })
  })

  it('sends orders in the form that they read, under numbers that rise also over a restart [N6, N8]', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bacalhau-numbers-'))
    started({ stop: async () => rmSync(folder, { recursive: true }) })
    const open = async () => started(await startOrchestrator({}, join(folder, 'state.db')))
    const before = await open()
    const first = await node(before.port)
    await first.handshake()
    await submitSpec(before.jobs, dockerJob)
    await until('it has the order', () => first.orders.length === 1)
    const { Execution } = first.orders[0]?.body ?? {}
    expect(Execution.Job.Meta).toEqual(expect.objectContaining({}))
    expect(Execution.Job.State).toEqual({ StateType: 'Pending' })
    expect(Execution).toMatchObject({ DesiredState: { StateType: 0 }, ComputeState: { StateType: 1 } })
    await stop(first.connection)
    await stop(before)
    const after = await open()
    const second = await node(after.port)
    await second.handshake()
    await submitSpec(after.jobs, dockerJob)
    // The first one may come again, under its own number: that it was taken may not have been stored.
    const other = () => second.orders.find(({ body }) => body.Execution.ID !== Execution.ID)
    await until('it has another order', () => other() !== undefined)
    expect(other()?.seq).toBeGreaterThan(first.orders[0]?.seq ?? Infinity)
  })

  it('reads output to its end, and names to the node within its heartbeat the streams that nobody reads any more [N10]', async () => {
    const { port, jobs } = started(await startOrchestrator())
    const { bus, orders, handshake, say } = await node(port)
    const asked: any[] = []
    bus.subscribe('node.compute.go-1.ExecutionLogs/v1', ({ payload, reply }) => {
      asked.push({ ...JSON.parse(text(payload)), reply })
    })
    await handshake()
    const id = await submitSpec(jobs, dockerJob)
    await until('it has the order', () => orders.length === 1)
    await say(frame('BidResult', { ExecutionID: orders[0]?.body.Execution.ID, Accepted: true }))
    const leave = new AbortController()
    const execution = await jobs.logged(id, { isFollowing: true }, leave.signal)
    const query = { executionId: execution!.ID, isFollowing: true, isTail: false }
    const read: string[] = []
    const reading = (async () => {
      for await (const { bytes } of jobs.logs(id, query, leave.signal)) read.push(text(bytes))
    })()
    await until('it is asked for its output', () => asked.length === 1)
    const { reply, streamId, heartBeatRequestSub } = asked[0]
    const data = Buffer.from(JSON.stringify({ value: { Type: 1, Line: 'one\n' } })).toString('base64')
    bus.publish(reply, Buffer.from(JSON.stringify({ type: 1, data })))
    await until('it is read', () => read.join('') === 'one\n')
    const beats = async () => {
      const ActiveStreamIds = { 'node.compute.go-1.ExecutionLogs/v1': [streamId] }
      return JSON.parse(
        text(await bus.request(heartBeatRequestSub, Buffer.from(JSON.stringify({ ActiveStreamIds })), 50_000)),
      ).NonActiveStreamIds
    }
    expect(Object.values(await beats()).flat()).toEqual([])
    leave.abort()
    await reading.catch(() => {})
    expect(Object.values(await beats()).flat()).toEqual([streamId])
  })
})
