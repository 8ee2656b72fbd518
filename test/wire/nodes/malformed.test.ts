import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeNodeState } from '#api/encode/node.ts'
import { exactJson } from '#lib/json/exact.ts'
import { decodeFrame, typeOf } from '#link/ncl/frame.ts'
import { joinCompute } from '../../kit/cluster.ts'
import { endOf, submitSpec } from '../../kit/jobs.ts'
import { startLogged } from '../../kit/logged-cluster.ts'
import { ScriptedEngine } from '../../kit/scripted-engine.ts'
import { handshakeOf, infoOf, SpokenNode, wholeMessage } from '../../kit/spoken-node.ts'
import { testParts } from '../../kit/test-parts.ts'
import { until } from '../../kit/until.ts'
import { mutatedBody } from '../bad-input/mutate-body.ts'
import { replay, sampleOf } from '../bad-input/seed.ts'

const { started } = testParts()

/** An honest node that can work, and one that says whatever the test wants. */
async function withBoth() {
  const cluster = started(await startLogged())
  started(await joinCompute(cluster.port, 'honest', { engines: [new ScriptedEngine('noop')] }))
  await until('it is connected', async () => (await cluster.nodes.list()).length === 1)
  return { ...cluster, bad: started(await SpokenNode.connect(cluster.port, 'bad')) }
}
type Both = Awaited<ReturnType<typeof withBoth>>

/** What others have of the cluster: its list of nodes can be read, and jobs run on the honest one. */
async function requireUnharmed({ nodes, jobs }: Both): Promise<void> {
  for (const state of await nodes.list()) JSON.parse(encodeNodeState(state))
  const id = await submitSpec(jobs, { Constraints: [{ Key: 'zone', Operator: '!' }] })
  expect((await endOf(jobs, id)).State.StateType).toBe('Completed')
}

const whole = (text: string): Buffer => Buffer.concat([Buffer.of(0), Buffer.from(text)])

const report = (Kind: string, body: object) => ({
  LinkID: 'l',
  Frames: [{ Seq: 1, Message: { Kind, Body: { ExecutionID: 'e-1', Epoch: 1, ...body } } }],
})
const output = { Stdout: 'x', StdoutTruncated: false, stderr: '', StderrTruncated: false, ExitCode: 0, ErrorMsg: '' }
const event = { Message: 'm', Topic: 't', Timestamp: 1n, Details: { a: 'b' } }

const control: Record<string, unknown> = {
  Handshake: handshakeOf('bad'),
  Heartbeat: {
    Kind: 'Heartbeat',
    Body: {
      NodeID: 'bad',
      LinkID: 'l',
      AvailableCapacity: { CPU: 1, Memory: 1, Disk: 1, GPU: 0 },
      QueueUsedCapacity: { CPU: 0, Memory: 0, Disk: 0, GPU: 0 },
      RunningExecutions: 0,
      EnqueuedExecutions: 0,
    },
  },
  UpdateInfo: { Kind: 'UpdateInfo', Body: infoOf('bad') },
}
const frames: Record<string, unknown> = {
  BidResult: report('BidResult', { IsAccepted: true, Event: event }),
  RunStarted: report('RunStarted', { StartTime: 1n }),
  RunResult: report('RunResult', { PublishedResult: { Type: 'local', Params: { a: 1 } }, RunOutput: output }),
  ComputeError: report('ComputeError', { FailureClass: 'node', Event: event, RunOutput: output }),
  CancelResult: report('CancelResult', { RunOutput: null }),
}

describe('a node of ours that says what is not of the protocol [R97]', () => {
  it.each(Object.keys(control))('in place of %s harms nobody else', async (kind) => {
    const both = await withBoth()
    const messages = sampleOf(`control ${kind}`, mutatedBody(exactJson(control[kind])))
    for (const message of messages) await both.bad.bytes('bacalhau.global.compute.bad.out.ctrl', whole(message))
    await requireUnharmed(both)
    expect(both.lines.length, replay(kind, messages.length)).toBeLessThan(messages.length)
  })

  it.each(Object.keys(frames))('in place of %s harms nobody else, and its later reports are taken', async (kind) => {
    const both = await withBoth()
    const LinkID = await both.bad.join()
    const messages = sampleOf(`frames ${kind}`, mutatedBody(exactJson(frames[kind])))
    const linked = messages.map((message) => message.replace('"LinkID":"l"', `"LinkID":"${LinkID}"`))
    for (const message of linked) await both.bad.bytes('bacalhau.global.compute.bad.out.msgs', whole(message))
    await requireUnharmed(both)
    const Frames = [
      { Seq: 2, Message: { Kind: 'CancelResult', Body: { ExecutionID: 'e', Epoch: 1, RunOutput: null } } },
    ]
    expect((await both.bad.frames({ LinkID, Frames })).value, replay(kind, messages.length)).toEqual({ LastSeq: 2 })
  })

  it('or any bytes at all is answered, lets nobody in, and harms nobody else', async () => {
    const both = await withBoth()
    const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 200 })
    for (const side of ['ctrl', 'msgs'])
      for (const bytes of sampleOf(side, anyBytes))
        await both.bad.bytes(`bacalhau.global.compute.bad.out.${side}`, bytes)
    expect((await both.nodes.list()).map(({ Info }) => Info.NodeID)).toEqual(['honest'])
    await requireUnharmed(both)
  })

  it.each<[string, unknown, string]>([
    ['no JSON', undefined, 'not JSON: '],
    [
      'labels of numbers',
      handshakeOf('bad', { NodeInfo: infoOf('bad', { Labels: { a: 1 } as never }) }),
      'Labels.a must be text',
    ],
    [
      'less than no room',
      handshakeOf('bad', { NodeInfo: { ...infoOf('bad'), ComputeNodeInfo: { MaxCapacity: { CPU: -1 } } } }),
      'MaxCapacity.CPU must be a number, 0 or more',
    ],
    [
      'more than is kept of a node',
      handshakeOf('bad', { NodeInfo: infoOf('bad', { Labels: { a: 'x'.repeat(70_000) } }) }),
      'NodeInfo is larger than 65536 bytes',
    ],
    [
      'more work than any node has',
      handshakeOf('bad', { LiveExecutions: Array(10_001).fill('e') }),
      'LiveExecutions must be a list of at most 10000',
    ],
    ['a kind that is none', { Kind: 'Reboot' }, 'unknown kind of control message'],
  ])('%s is refused and told once with the reason, however often it comes', async (_what, message, sentence) => {
    const { bad, saidOf, nodes } = started(await withOne())
    const payload = message === undefined ? Buffer.from('\0{') : wholeMessage(message)
    for (let time = 0; time < 5; time++) {
      const { ok, value } = await bad.bytes('bacalhau.global.compute.bad.out.ctrl', payload)
      expect([ok, value.Message]).toEqual([false, expect.stringContaining(sentence)])
    }
    expect(saidOf('bad')).toEqual([expect.stringMatching(/^node_message_refused: /)])
    expect(saidOf('bad')[0]).toContain(sentence)
    expect(await nodes.list()).toEqual([])
  })

  it('as a Go node that sends what is no frame is answered in the words of Go nodes, and told once', async () => {
    const { bad, saidOf } = started(await withOne())
    for (let time = 0; time < 3; time++) {
      const answer = await bad.bus.request('bacalhau.global.compute.bad.out.ctrl', Buffer.of(1, 0, 0, 0, 0, 7), 50_000)
      expect(typeOf(decodeFrame(answer))).toBe('BacError')
    }
    expect(saidOf('bad')).toEqual([expect.stringMatching(/^node_message_refused: .*CRC check failed$/)])
  })

  it('one report that cannot be read ends its execution with the reason, and does not hold up the next', async () => {
    const { bad, jobs, saidOf, orders } = started(await withOne())
    const LinkID = await bad.join()
    const id = await submitSpec(jobs, { Reschedule: { Attempts: 1 } })
    await until('it has the order', () => orders.length > 0)
    const ExecutionID = (await jobs.executions(id))[0]?.ID
    const unread = { Kind: 'RunResult', Body: { ExecutionID, Epoch: 1, RunOutput: 'all well' } }
    expect((await bad.frames({ LinkID, Frames: [{ Seq: 1, Message: unread }] })).value).toEqual({ LastSeq: 1 })
    const { State } = await endOf(jobs, id)
    expect([State.StateType, State.Message]).toEqual([
      'Failed',
      expect.stringMatching(/^the node's report cannot be read: RunCommandResult must be an object/),
    ])
    expect(saidOf('bad')).toEqual(['node_message_refused: RunCommandResult must be an object'])
  })

  it('a frame without a message counts as received, with the reason in the log', async () => {
    const { bad, saidOf } = started(await withOne())
    const LinkID = await bad.join()
    const without = [{ Seq: 1 }, { Seq: 2, Message: null }] as never[]
    expect((await bad.frames({ LinkID, Frames: without })).value).toEqual({ LastSeq: 2 })
    expect(saidOf('bad')).toEqual(['node_message_refused: unknown kind of report'])
  })

  it('output and sentences longer than what is kept are cut', async () => {
    const { bad, jobs, orders } = started(await withOne())
    const LinkID = await bad.join()
    const id = await submitSpec(jobs)
    await until('it has the order', () => orders.length > 0)
    const ExecutionID = (await jobs.executions(id))[0]?.ID
    const RunOutput = { ...output, Stdout: 'x'.repeat(400_000), ErrorMsg: 'y'.repeat(400_000) }
    const Body = { ExecutionID, Epoch: 1, PublishedResult: { Type: '' }, RunOutput }
    await bad.frames({ LinkID, Frames: [{ Seq: 1, Message: { Kind: 'RunResult', Body } }] })
    await endOf(jobs, id)
    const kept = (await jobs.executions(id))[0]?.RunOutput
    expect([kept?.Stdout.length, kept?.StdoutTruncated, kept?.ErrorMsg.length]).toEqual([2_048, true, 16_384])
  })

  it('a body in parts is put together again, and one larger than any message is refused', async () => {
    const { bad, lines } = started(await withOne())
    const subject = 'bacalhau.global.compute.bad.out.ctrl'
    const part = (index: number, count: number, bytes: Buffer): Buffer => {
      const head = Buffer.alloc(25, 7)
      head[0] = 0xb1
      head.writeUInt32BE(index, 17)
      head.writeUInt32BE(count, 21)
      return Buffer.concat([head, bytes])
    }
    const text = Buffer.from(exactJson(handshakeOf('bad')))
    await bad.bytes(subject, part(0, 2, text.subarray(0, 100)))
    expect((await bad.bytes(subject, part(1, 2, text.subarray(100)))).value.IsAccepted).toBe(true)
    expect((await bad.bytes(subject, part(1, 2, text))).value.Message).toBe('parts out of order')
    const large = Buffer.alloc(1_000_000)
    const answers: string[] = []
    for (let index = 0; index < 34; index++)
      answers.push((await bad.bytes(subject, part(index, 1_000, large))).value?.Message ?? 'taken')
    expect(answers.slice(0, 33)).toEqual(Array(33).fill('taken'))
    expect(answers[33]).toBe('the message is too large')
    expect(lines.map(({ error }) => error?.message)).toEqual(['the message is too large'])
  })
})

/** Only the node that says whatever the test wants; it takes every order. */
async function withOne() {
  const cluster = await startLogged()
  const bad = await SpokenNode.connect(cluster.port, 'bad')
  const orders: unknown[] = []
  bad.bus.subscribe('bacalhau.global.compute.bad.in.msgs', ({ payload, reply = '' }) => {
    const { Frames } = JSON.parse(Buffer.from(payload.subarray(1)).toString())
    orders.push(...Frames)
    bad.bus.publish(reply, wholeMessage({ LastSeq: Frames.at(-1).Seq }))
  })
  const stop = async (): Promise<void> => {
    await bad.stop()
    await cluster.stop()
  }
  return { ...cluster, bad, orders, stop }
}
