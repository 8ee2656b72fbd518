import { afterEach, describe, expect, it } from 'vitest'
import { goJson } from '#api/encode/go-json.ts'
import { decodeFrame, encodeFrame } from '#link/ncl/frame.ts'
import { busClient } from '../../kit/bus-client.ts'
import { jobSpec } from '../../kit/job-spec.ts'
import { endOf, submitSpec } from '../../kit/jobs.ts'
import { startLogged } from '../../kit/logged-cluster.ts'
import { until } from '../../kit/until.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop()
})

const room = { CPU: 2, Memory: 4_000_000_000, Disk: 4_000_000_000 }
const capacities = { MaxCapacity: room, AvailableCapacity: room, MaxJobRequirements: room }
const info = {
  NodeID: 'go-1',
  NodeType: 'Compute',
  SupportedProtocols: ['ncl/v1'],
  ComputeNodeInfo: { ExecutionEngines: ['wasm'], ...capacities },
  BacalhauVersion: { GitVersion: 'v1.9.3' },
}
const frame = (Type: string, payload: object, seq = 1, more: Record<string, string> = {}) =>
  encodeFrame({ Type, 'Bacalhau-SeqNum': String(seq), ...more }, goJson(payload))
const startTime = '2026-01-02T00:00:00Z'
const madeAt = (time: string) => ({ 'Bacalhau-EventTime': `${Date.parse(time)}000000` })

/** A Go node that has joined, takes every order, and says what the test wants. */
async function joined() {
  const cluster = await startLogged()
  const bus = await busClient(cluster.port, { name: 'go-1' })
  running.push(cluster, { stop: () => bus.close() })
  const told: string[] = []
  const orders: string[] = []
  bus.subscribe('bacalhau.global.compute.go-1.in.msgs', ({ payload, reply = '' }) => {
    const { metadata, payload: body } = decodeFrame(payload)
    told.push(metadata.Type ?? '')
    if (body.Execution) orders.push(body.Execution.ID)
    bus.publish(reply, Buffer.from('{}'))
  })
  const control = (bytes: Uint8Array) => bus.request('bacalhau.global.compute.go-1.out.ctrl', bytes, 50_000)
  const say = async (bytes: Uint8Array) =>
    String(Buffer.from(await bus.request('bacalhau.global.compute.go-1.out.msgs', bytes, 50_000)))
  await until('it has joined', async () => {
    const answer = await control(frame('transport.HandshakeRequest', { NodeInfo: info, StartTime: startTime })).catch(
      () => undefined,
    )
    return answer !== undefined && decodeFrame(answer).payload.accepted === true
  })
  return { ...cluster, control, say, told, orders }
}

const wasmJob = () => ({
  Tasks: jobSpec().Tasks.map((task) => ({ ...task, Engine: { Type: 'wasm' } })),
  Reschedule: { Attempts: 1 },
})

describe('what a Go node of 1.9 says [R97]', () => {
  it('is refused and told once with the reason when it is damaged, however often it comes', async () => {
    const { control, say, saidOf } = await joined()
    const damaged = Buffer.from(frame('RunResult', { ExecutionID: 'e-1' }))
    damaged[damaged.length - 1] = 0
    for (let time = 0; time < 3; time++) {
      expect(decodeFrame(await control(damaged)).payload.Cause).toMatch(/CRC check failed/)
      expect(await say(damaged)).toMatch(/"error":"[^"]*CRC check failed/)
    }
    expect(saidOf('go-1')).toEqual([expect.stringMatching(/^node_message_refused: .*CRC check failed/)])
  })

  it('of a bid that it made before it was started again is void: it has forgotten it, and is asked anew [W33]', async () => {
    const { say, jobs, orders, told } = await joined()
    await submitSpec(jobs, wasmJob())
    await until('it has the order', () => orders.length === 1)
    const bid = { ExecutionID: orders[0], Events: null, Accepted: true }
    await say(frame('BidResult', bid, 1, madeAt('2026-01-01T23:59:59Z')))
    await until('it is asked anew', () => orders.length === 2)
    expect(told).not.toContain('BidAccepted')
    await say(frame('BidResult', { ...bid, ExecutionID: orders[1] }, 2, madeAt('2026-01-02T00:00:01Z')))
    await until('its bid is taken', () => told.includes('BidAccepted'))
  })

  it('ends its execution with the reason when the report cannot be read, and does not hold up the next', async () => {
    const { say, jobs, orders, saidOf } = await joined()
    const id = await submitSpec(jobs, wasmJob())
    await until('it has the order', () => orders.length > 0)
    expect(await say(frame('RunResult', { ExecutionID: orders[0], RunCommandResult: 'all well' }))).toBe('{}')
    const { State } = await endOf(jobs, id)
    expect([State.StateType, State.Message]).toEqual([
      'Failed',
      expect.stringMatching(/^the node's report cannot be read: RunCommandResult must be an object/),
    ])
    expect(saidOf('go-1')).toEqual(['node_message_refused: RunCommandResult must be an object'])
  })

  it('decides about its bid: it starts when it has bidden and was told so', async () => {
    const { say, jobs, orders, told } = await joined()
    const id = await submitSpec(jobs, wasmJob())
    await until('it has the order', () => orders.length > 0)
    expect((await jobs.executions(id)).map(({ ComputeState }) => ComputeState.StateType)).toEqual(['AskForBid'])
    expect(await say(frame('BidResult', { ExecutionID: orders[0], Accepted: true }))).toBe('{}')
    expect(told).toEqual(['AskForBid', 'BidAccepted'])
    expect((await jobs.executions(id)).map(({ ComputeState }) => ComputeState.StateType)).toEqual(['Running'])
    const output = { Stdout: 'done', ExitCode: 0 }
    await say(frame('RunResult', { ExecutionID: orders[0], RunCommandResult: output }, 2))
    expect((await endOf(jobs, id)).State.StateType).toBe('Completed')
  })
})
