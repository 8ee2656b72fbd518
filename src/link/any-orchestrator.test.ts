import { describe, expect, it } from 'vitest'
import type { Bus } from '#contracts/bus.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import type { Handshake } from '#models/messages/messages.ts'
import { AnyOrchestrator } from './any-orchestrator.ts'
import { decodeFrame, encodeFrame, typeOf } from './ncl/frame.ts'

const nodeId = 'n-1' as NodeId
const back = {} as ComputeEnd
const version = { GitVersion: '', GitCommit: '', BuildDate: '', GOOS: '', GOARCH: '' }
const handshake = (LinkID = ''): Handshake => ({
  NodeInfo: { NodeID: nodeId, NodeType: 'Compute', Labels: {}, SupportedProtocols: [], BacalhauVersion: version },
  StoreID: 's',
  LinkID,
  LiveExecutions: [],
})

type Answer = (payload: Uint8Array) => Buffer
const nobody: Answer = () => {
  throw new Fault('ServiceUnavailable', 'nobody listens')
}

/** A bus with somebody behind it; `answers` by the last words of the subject. */
function rig(answers: Record<string, Answer>) {
  const asked: string[] = []
  const listening = new Set<string>()
  const logged: unknown[] = []
  const bus = {
    publish: () => {},
    request: async (subject: string, payload: Uint8Array) => {
      const end = subject.split('.').slice(4).join('.') || subject.split('.').at(-1)
      asked.push(String(end))
      return (answers[String(end)] ?? nobody)(payload)
    },
    subscribe: (subject: string) => {
      listening.add(subject)
      return { stop: () => listening.delete(subject) }
    },
  } as Partial<Bus> as Bus
  const clock = { nowNs: () => 1n } as Partial<Clock> as Clock
  const random: Random = { uuid: () => '00000000-0000-4000-8000-000000000000', float: () => 0 }
  const any = new AnyOrchestrator({ bus, nodeId, clock, random, log: (event, fields) => logged.push([event, fields]) })
  return { any, answers, asked, listening, logged }
}

const ours: Answer = () => Buffer.from('\0{"IsAccepted":true,"Reason":"","LinkID":"l-1","HeartbeatIntervalMs":1000}')
/** Of 1.6 and later: it understands its own frames only. */
const ncl =
  (reason: string): Answer =>
  (payload) =>
    payload[0] === 1
      ? encodeFrame(
          { Type: typeOf(decodeFrame(payload)) },
          `{"accepted":true,"reason":"${reason}","LastOrchestratorSeqNum":7}`,
        )
      : encodeFrame({ Type: 'BacError' }, '{"Cause":"unsupported encoding: 0x0"}')
const old = (Reason: string): Record<string, Answer> => ({
  'RegisterNode/v1': () => Buffer.from(JSON.stringify({ value: { Accepted: true, Reason } })),
  'UpdateNodeInfo/v1': () => Buffer.from('{"value":{"Accepted":true,"Reason":""}}'),
  'UpdateResources/v1': () => Buffer.from('{"value":{}}'),
})

describe('an orchestrator of any kind', () => {
  it('is one of ours when it answers our handshake, and nothing else is asked', async () => {
    const { any, asked, logged } = rig({ 'out.ctrl': ours })
    expect((await any.handshake(handshake(), back)).LinkID).toBe('l-1')
    expect(asked).toEqual(['out.ctrl'])
    expect(logged).toEqual([['orchestrator_found', { protocol: 'bac/v1' }]])
  })

  it('speaks ncl/v1 when it answers in frames, and is told of once', async () => {
    const { any, asked, logged } = rig({ 'out.ctrl': ncl('node registered') })
    const first = await any.handshake(handshake(), back)
    expect(first).toMatchObject({ IsAccepted: true, HeartbeatIntervalMs: 15_000 })
    expect(first.LinkID).toMatch(/^ncl\/v1 /)
    await any.handshake(handshake(first.LinkID), back)
    expect(asked).toEqual(['out.ctrl', 'out.ctrl', 'out.ctrl', 'out.ctrl'])
    expect(logged).toEqual([['orchestrator_found', { protocol: 'ncl/v1' }]])
  })

  it('speaks bprotocol/v2 when nobody takes handshakes but registrations are answered', async () => {
    const { any, asked, listening } = rig(old(''))
    expect((await any.handshake(handshake(), back)).LinkID).toMatch(/^bprotocol\/v2 /)
    expect(asked).toEqual(['out.ctrl', 'RegisterNode/v1', 'UpdateNodeInfo/v1', 'UpdateResources/v1'])
    expect([...listening].map((subject) => subject.split('.').at(-1)).sort()).toEqual([
      'AskForBid/v1',
      'BidAccepted/v1',
      'BidRejected/v1',
      'CancelExecution/v1',
      'ExecutionLogs/v1',
    ])
  })

  it('is not there when nobody answers anything: the handshake fails, and nothing is tried twice', async () => {
    const { any, asked, logged } = rig({})
    await expect(any.handshake(handshake(), back)).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    expect(asked).toEqual(['out.ctrl', 'RegisterNode/v1'])
    expect(logged).toEqual([])
  })

  it('that is only starting, and refuses what it will not speak, is not taken for another kind', async () => {
    const { any, answers, logged, listening } = rig({ 'out.ctrl': ncl('node registered') })
    await any.handshake(handshake(), back)
    answers['out.ctrl'] = nobody
    answers['RegisterNode/v1'] = () => Buffer.from('{"value":{"Accepted":false,"Reason":"legacy protocol disabled"}}')
    expect(await any.handshake(handshake(), back)).toMatchObject({
      IsAccepted: false,
      Reason: 'legacy protocol disabled',
    })
    expect(listening).toContain('bacalhau.global.compute.n-1.in.msgs')
    expect(logged).toEqual([['orchestrator_found', { protocol: 'ncl/v1' }]])
  })

  it('of 1.4 that cannot register the node says why', async () => {
    const { any } = rig({ 'RegisterNode/v1': () => Buffer.from('{"error":"the disk is full","value":null}') })
    expect(await any.handshake(handshake(), back)).toMatchObject({ IsAccepted: false, Reason: 'the disk is full' })
  })

  it('hears the goodbye of a node that leaves before its handshake is answered, or it would count as there until it is missed [W8]', async () => {
    const { any, asked } = rig({ 'out.ctrl': ours })
    const greeting = any.handshake(handshake(), back)
    await any.goodbye(nodeId)
    await greeting
    expect(asked).toEqual(['out.ctrl', 'out.ctrl'])
  })

  it('that is slow is not taken for another kind', async () => {
    const { any, asked } = rig({
      'out.ctrl': () => {
        throw new Fault('Timeout', 'no answer')
      },
      ...old(''),
    })
    await expect(any.handshake(handshake(), back)).rejects.toMatchObject({ code: 'Timeout' })
    expect(asked).toEqual(['out.ctrl'])
  })

  it('may be another one after a restart: what was listened to for the former is let go', async () => {
    const { any, answers, listening, logged } = rig(old(''))
    await any.handshake(handshake(), back)
    answers['out.ctrl'] = ncl('node registered')
    await any.handshake(handshake('bprotocol/v2 x'), back)
    expect([...listening]).not.toContain('node.compute.n-1.AskForBid/v1')
    expect(listening).toContain('bacalhau.global.compute.n-1.in.msgs')
    answers['out.ctrl'] = ours
    await any.handshake(handshake(), back)
    expect(logged.map((line) => (line as [string, { protocol: string }])[1].protocol)).toEqual([
      'bprotocol/v2',
      'ncl/v1',
      'bac/v1',
    ])
  })

  it.each([
    ['ncl/v1 kept', 'ncl/v1', 'node reconnected', 'ncl/v1 kept'],
    ['ncl/v1 kept', 'ncl/v1', 'node registered', 'ncl/v1 00000000-0000-4000-8000-000000000000'],
    ['a link of ours', 'ncl/v1', 'node reconnected', 'ncl/v1 00000000-0000-4000-8000-000000000000'],
    ['bprotocol/v2 kept', 'bprotocol/v2', 'node already registered', 'bprotocol/v2 kept'],
    ['bprotocol/v2 kept', 'bprotocol/v2', '', 'bprotocol/v2 00000000-0000-4000-8000-000000000000'],
  ])(
    'keeps the link %s over %s only when the other side has met the node: "%s"',
    async (known, protocol, reason, kept) => {
      const { any } = rig(protocol === 'ncl/v1' ? { 'out.ctrl': ncl(reason) } : old(reason))
      expect((await any.handshake(handshake(known), back)).LinkID).toBe(kept)
    },
  )

  it('of 1.6 and later that has forgotten the node says so at the heartbeat', async () => {
    const { any, answers } = rig({ 'out.ctrl': ncl('node registered') })
    await any.handshake(handshake(), back)
    const room = { CPU: 1, Memory: 1, Disk: 1, GPU: 0 }
    const beat = { NodeID: nodeId, LinkID: '', AvailableCapacity: room, QueueUsedCapacity: room }
    expect(await any.heartbeat(beat)).toEqual({ IsKnown: true })
    answers['out.ctrl'] = () =>
      encodeFrame({ Type: 'BacError' }, '{"Code":"HandshakeRequired","Cause":"not connected"}')
    expect(await any.heartbeat(beat)).toEqual({ IsKnown: false })
    answers['out.ctrl'] = () => encodeFrame({ Type: 'BacError' }, '{"Code":"","Cause":"the disk is full"}')
    await expect(any.heartbeat(beat)).rejects.toThrow('the disk is full')
  })
})
