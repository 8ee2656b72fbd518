import { describe, expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import { endOf, submitSpec } from '../../kit/jobs.ts'
import { startLogged } from '../../kit/logged-cluster.ts'
import { handshakeOf, infoOf, SpokenNode, wholeMessage } from '../../kit/spoken-node.ts'
import { testParts } from '../../kit/test-parts.ts'
import { until } from '../../kit/until.ts'

const { started } = testParts()

/** A node that has taken one order of a job. */
async function withOrder() {
  const cluster = started(await startLogged())
  const node = started(await SpokenNode.connect(cluster.port, 'east'))
  const delivered = Promise.withResolvers<void>()
  node.bus.subscribe('bacalhau.global.compute.east.in.msgs', ({ payload, reply = '' }) => {
    const { Frames } = JSON.parse(Buffer.from(payload.subarray(1)).toString())
    node.bus.publish(reply, wholeMessage({ LastSeq: Frames.at(-1).Seq }))
    delivered.resolve()
  })
  const LinkID = await node.join()
  const id = await submitSpec(cluster.jobs)
  await delivered.promise
  const [execution] = await cluster.jobs.executions(id)
  return { ...cluster, node, LinkID, id, execution: execution as Execution }
}

const output = { Stdout: 'x', StdoutTruncated: false, stderr: '', StderrTruncated: false, ExitCode: 0, ErrorMsg: '' }
const resultOf = ({ ID, Epoch }: Pick<Execution, 'ID' | 'Epoch'>, Stdout = 'x') => ({
  Kind: 'RunResult',
  Body: { ExecutionID: ID, Epoch, PublishedResult: { Type: '' }, RunOutput: { ...output, Stdout } },
})
const startOf = ({ ID, Epoch }: Execution, StartTime: bigint) => ({
  Kind: 'RunStarted',
  Body: { ExecutionID: ID, Epoch, StartTime },
})
const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n

describe('numbered messages of a node', () => {
  it('that come again do nothing, and that is told once [W13]', async () => {
    const { node, LinkID, execution, jobs, id, saidOf } = await withOrder()
    const Frames = [
      { Seq: 1, Message: startOf(execution, nowNs()) },
      { Seq: 2, Message: resultOf(execution, 'first') },
    ]
    for (let time = 0; time < 3; time++) expect((await node.frames({ LinkID, Frames })).value).toEqual({ LastSeq: 2 })
    const forged = [{ Seq: 2, Message: resultOf(execution, 'second') }]
    expect((await node.frames({ LinkID, Frames: forged })).value).toEqual({ LastSeq: 2 })
    await endOf(jobs, id)
    expect((await jobs.executions(id)).map(({ RunOutput }) => RunOutput?.Stdout)).toEqual(['first'])
    expect(saidOf('east')).toEqual(['frames_skipped: they had come before'])
  })

  it('that leave one out wait for it, and that is told once [W11]', async () => {
    const { node, LinkID, execution, jobs, id, saidOf } = await withOrder()
    const late = { Seq: 2, Message: resultOf(execution) }
    for (let time = 0; time < 3; time++)
      expect((await node.frames({ LinkID, Frames: [late] })).value).toEqual({ LastSeq: 0 })
    expect((await jobs.get(id)).State.StateType).not.toBe('Completed')
    const first = { Seq: 1, Message: startOf(execution, nowNs()) }
    expect((await node.frames({ LinkID, Frames: [first, late] })).value).toEqual({ LastSeq: 2 })
    expect((await endOf(jobs, id)).State.StateType).toBe('Completed')
    expect(saidOf('east')).toEqual(['frames_skipped: one before them is missing'])
  })

  it('for an execution of another node do nothing, and that is told once [W19]', async () => {
    const { port, jobs, execution, id, saidOf } = await withOrder()
    const west = started(await SpokenNode.connect(port, 'west'))
    const LinkID = await west.join()
    for (let Seq = 1; Seq <= 3; Seq++) {
      const Frames = [{ Seq, Message: resultOf(execution, 'forged') }]
      expect((await west.frames({ LinkID, Frames })).value).toEqual({ LastSeq: Seq })
    }
    expect((await jobs.executions(id)).map(({ RunOutput }) => RunOutput)).toEqual([null])
    expect(saidOf('west')).toEqual(['odd_report: it reports of an execution of another node'])
  })

  it('of another epoch or of no execution at all do nothing [I3]', async () => {
    const { node, LinkID, execution, jobs, id } = await withOrder()
    const Frames = [
      { Seq: 1, Message: resultOf({ ...execution, Epoch: execution.Epoch - 1 }) },
      { Seq: 2, Message: resultOf({ ID: 'e-none' as Execution['ID'], Epoch: 1 }) },
    ]
    expect((await node.frames({ LinkID, Frames })).value).toEqual({ LastSeq: 2 })
    expect((await jobs.executions(id)).map(({ RunOutput }) => RunOutput)).toEqual([null])
  })
})

describe('a node that acknowledges', () => {
  it('more than it was sent is sent it again, so that nothing later is taken for done [W11]', async () => {
    const { port, jobs } = started(await startLogged())
    const node = started(await SpokenNode.connect(port, 'east'))
    const taken: number[][] = []
    node.bus.subscribe('bacalhau.global.compute.east.in.msgs', ({ payload, reply = '' }) => {
      const seqs = JSON.parse(Buffer.from(payload.subarray(1)).toString()).Frames.map(({ Seq }: { Seq: number }) => Seq)
      taken.push(seqs)
      // The first answer lies about what is to come.
      node.bus.publish(reply, wholeMessage({ LastSeq: taken.length === 1 ? 100 : seqs.at(-1) }))
    })
    await node.join()
    await submitSpec(jobs)
    await until('it was sent again', () => taken.length === 2)
    await submitSpec(jobs)
    await until('the next comes, too', () => taken.length === 3)
    expect(taken).toEqual([[1], [1], [2]])
  })
})

describe('a node whose clock is an hour off [R103]', () => {
  const hourNs = 3_600_000_000_000n
  it.each([
    ['behind', -hourNs],
    ['ahead', hourNs],
  ])('(%s) is told of once; its jobs end as they should, and users see times that can be', async (_way, offset) => {
    const { node, LinkID, execution, jobs, id, saidOf } = await withOrder()
    const Frames = [
      { Seq: 1, Message: startOf(execution, nowNs() + offset) },
      { Seq: 2, Message: resultOf(execution) },
    ]
    await node.frames({ LinkID, Frames })
    expect((await endOf(jobs, id)).State.StateType).toBe('Completed')
    const [ended] = await jobs.executions(id)
    expect(ended?.StartTime).toBeGreaterThanOrEqual(ended?.CreateTime ?? 0n)
    expect(ended?.StartTime).toBeLessThanOrEqual(ended?.ModifyTime ?? 0n)
    expect(saidOf('east')).toEqual(['odd_report: its clock is off by more than a minute'])
  })

  it('runs no longer and no shorter than its ExecutionTimeout says', async () => {
    const { node, LinkID, execution, jobs, id } = await withOrder()
    await node.frames({ LinkID, Frames: [{ Seq: 1, Message: startOf(execution, nowNs() - hourNs) }] })
    expect((await jobs.executions(id))[0]?.ComputeState.StateType).toBe('Running')
  })
})

describe('a node of a protocol that is not known [R97]', () => {
  it('is refused with both names, told once, and not in the list', async () => {
    const { port, saidOf, nodes } = started(await startLogged())
    const node = started(await SpokenNode.connect(port, 'newer'))
    const NodeInfo = infoOf('newer', { SupportedProtocols: ['bac/v2', 'bac/v3'] })
    const sentence = 'the node speaks [bac/v2,bac/v3], the orchestrator bac/v1'
    for (let time = 0; time < 3; time++) {
      const { ok, value } = await node.control(handshakeOf('newer', { NodeInfo }))
      expect([ok, value.Message]).toEqual([false, sentence])
    }
    expect(saidOf('newer')).toEqual([`node_message_refused: ${sentence}`])
    expect(await nodes.list()).toEqual([])
  })

  it('by the first byte of its messages is answered and not let in', async () => {
    const { port, nodes } = started(await startLogged())
    const node = started(await SpokenNode.connect(port, 'newer'))
    const bytes = Buffer.concat([Buffer.of(9), Buffer.from('{}')])
    expect((await node.bytes('bacalhau.global.compute.newer.out.ctrl', bytes)).ok).toBe(false)
    expect(await nodes.list()).toEqual([])
  })

  it('does not keep a second node with it from joining', async () => {
    const cluster = started(await startLogged())
    const newer = started(await SpokenNode.connect(cluster.port, 'newer'))
    await newer.control(handshakeOf('newer', { NodeInfo: infoOf('newer', { SupportedProtocols: ['bac/v2'] }) }))
    const east = started(await SpokenNode.connect(cluster.port, 'east'))
    await east.join()
    await until('it is there', async () => (await cluster.nodes.list()).length === 1)
  })
})
