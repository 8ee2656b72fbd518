import { describe, expect, it } from 'vitest'
import type { Timer } from '#lib/clock.ts'
import { SystemClock } from '#platform/clock.ts'
import { joinCompute } from '../../kit/cluster.ts'
import { startGoOrchestrator } from '../../kit/go-orchestrator.ts'
import { ScriptedEngine } from '../../kit/scripted-engine.ts'
import { testParts } from '../../kit/test-parts.ts'
import { until } from '../../kit/until.ts'

const { started, stop } = testParts()

/** What is due after a minute is due after half a second. */
class HurriedClock extends SystemClock {
  override after(delayMs: number, run: () => void): Timer {
    return super.after(delayMs / 120, run)
  }
}

const engines = [new ScriptedEngine('noop')]
const options = { engines, clock: new HurriedClock(), labels: { zone: 'a' } }

describe('our node at an orchestrator of 1.9', () => {
  it('listens to it before it greets with all that it has, beats, greets again when it is told to, and says goodbye [N18, N19, N21, N24]', async () => {
    const go = started(await startGoOrchestrator('ncl/v1'))
    const heardByNode: Promise<boolean>[] = []
    go.bus.subscribe('bacalhau.global.compute.n-1.out.ctrl', ({ payload }) => {
      // It greets one of ours first, in another form.
      if (payload[0] !== 1) return
      const sent = go.bus.send('bacalhau.global.compute.n-1.in.msgs', Buffer.from('x'))
      heardByNode.push(sent.then(() => true).catch(() => false))
    })
    const node = started(await joinCompute(go.port, 'n-1', options))
    const { body } = await go.next('transport.HandshakeRequest')
    expect(await heardByNode[0]).toBe(true)
    expect(body).toMatchObject({
      NodeInfo: {
        NodeID: 'n-1',
        NodeType: 'Compute',
        Labels: { zone: 'a' },
        SupportedProtocols: expect.arrayContaining(['ncl/v1']),
        ComputeNodeInfo: { ExecutionEngines: ['noop'], MaxCapacity: { CPU: 4 }, AvailableCapacity: { CPU: 4 } },
      },
      StartTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    })
    expect((await go.next('transport.HeartbeatRequest', 2)).body).toMatchObject({
      NodeID: 'n-1',
      AvailableCapacity: { CPU: 4 },
    })
    go.answers['transport.HeartbeatRequest'] = { Code: 'HandshakeRequired', Cause: 'not connected' }
    await go.next('transport.HandshakeRequest', 2)
    go.answers['transport.HeartbeatRequest'] = { LastComputeSeqNum: 0 }
    await stop(node)
    expect((await go.next('transport.ShutdownNoticeRequest')).body).toMatchObject({ NodeID: 'n-1' })
  })
})

describe('our node at a requester of 1.4', () => {
  it('registers at each start, beats with rising numbers, and tells what it has free and what it is [N26, N27]', async () => {
    const go = started(await startGoOrchestrator('bprotocol/v2'))
    const node = started(await joinCompute(go.port, 'n-1', options))
    expect((await go.next('RegisterNode/v1')).body.Info).toMatchObject({ NodeID: 'n-1', NodeType: 'Compute' })
    await go.next('heartbeat', 5)
    const beats = go.heard.filter(({ type }) => type === 'heartbeat').map(({ body }) => body)
    expect(beats.map(({ Sequence }) => Sequence)).toEqual(beats.map((_, index) => index + 1))
    expect((await go.next('UpdateResources/v1', 2)).body).toMatchObject({
      NodeID: 'n-1',
      AvailableCapacity: { CPU: 4 },
    })
    expect((await go.next('UpdateNodeInfo/v1', 2)).body.Info.Labels).toEqual({ zone: 'a' })
    await until('it takes orders', () =>
      go.bus.send('node.compute.n-1.CancelExecution/v1', Buffer.from('{}')).then(
        () => true,
        () => false,
      ),
    )
    await stop(node)
    started(await joinCompute(go.port, 'n-1', options))
    await go.next('RegisterNode/v1', 2)
  })
})
