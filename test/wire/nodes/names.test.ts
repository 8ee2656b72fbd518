import { describe, expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import { joinCompute } from '../../kit/cluster.ts'
import { endOf, submitSpec } from '../../kit/jobs.ts'
import { startLogged } from '../../kit/logged-cluster.ts'
import { ScriptedEngine } from '../../kit/scripted-engine.ts'
import { handshakeOf, infoOf, SpokenNode } from '../../kit/spoken-node.ts'
import { testParts } from '../../kit/test-parts.ts'
import { until } from '../../kit/until.ts'

const { started } = testParts()

const taken = 'node_refused: another node of this name is connected'
const isConnected = async ({ nodes }: Awaited<ReturnType<typeof startLogged>>, name: string): Promise<boolean> =>
  (await nodes.list()).some(
    ({ Info, ConnectionState }) => Info.NodeID === (name as NodeId) && ConnectionState.Status === 'CONNECTED',
  )

describe('two nodes with one name [R97]', () => {
  it('are told apart: the second is not let in, and the first goes on with its work, also when the second leaves', async () => {
    const cluster = started(await startLogged())
    const release = Promise.withResolvers<void>()
    const slow = new ScriptedEngine('noop', async () => {
      await release.promise
      return { exitCode: 0 }
    })
    started(await joinCompute(cluster.port, 'east', { engines: [slow] }))
    await until('it is connected', () => isConnected(cluster, 'east'))
    const id = await submitSpec(cluster.jobs)
    await until('it runs', () => slow.starts.length === 1)

    const engine = new ScriptedEngine('noop')
    const second = await joinCompute(cluster.port, 'east', { engines: [engine], labels: { who: 'second' } })
    await until('it was refused', () => cluster.saidOf('east').length > 0)
    const more = await submitSpec(cluster.jobs)
    await until('the next runs with the first', () => slow.starts.length === 2)
    await second.stop()
    release.resolve()
    for (const each of [id, more]) expect((await endOf(cluster.jobs, each)).State.StateType).toBe('Completed')
    expect(engine.starts).toEqual([])
    expect(slow.starts).toHaveLength(2)
    expect((await cluster.nodes.get('east')).Info.Labels['who']).toBeUndefined()
    expect(cluster.saidOf('east')).toEqual([taken])
  })

  it('change places when the first falls silent, and it is not let in again while the second lives', async () => {
    // Silent is who says nothing for two intervals: longer than a slow machine takes between two words of this test.
    const cluster = started(await startLogged({ heartbeatIntervalMs: 1_500 }))
    const first = started(await SpokenNode.connect(cluster.port, 'east'))
    const second = started(await SpokenNode.connect(cluster.port, 'east'))
    await first.join()
    const join = async (node: SpokenNode, StoreID: string) =>
      (await node.control(handshakeOf('east', { StoreID }))).value.IsAccepted
    expect(await join(second, 'another')).toBe(false)
    await until('the first counts as silent', () => join(second, 'another'))
    expect(await join(first, 'store of east')).toBe(false)
  })

  it('a node that left at once has its name free', async () => {
    const cluster = started(await startLogged({ heartbeatIntervalMs: 60_000 }))
    const first = await joinCompute(cluster.port, 'east', { engines: [new ScriptedEngine('noop')] })
    await until('it is connected', () => isConnected(cluster, 'east'))
    await first.stop()
    started(await joinCompute(cluster.port, 'east', { engines: [new ScriptedEngine('noop')] }))
    await until('the second is connected', () => isConnected(cluster, 'east'))
    expect(cluster.saidOf('east')).toEqual([])
  })
})

describe('a node that comes back with an empty folder under its old name [R103]', () => {
  it('is a new one: what it had is lost and runs again, its old reports mean nothing', async () => {
    // A slow machine does not make the new node silent: only its first word counts here.
    const cluster = started(await startLogged({ heartbeatIntervalMs: 50, disconnectAfterMs: 60_000 }))
    const orders: { Message: { Body: { Execution: { ID: string } } } }[] = []
    const old = started(await SpokenNode.connect(cluster.port, 'east'))
    old.bus.subscribe('bacalhau.global.compute.east.in.msgs', ({ payload }) => {
      orders.push(...JSON.parse(Buffer.from(payload.subarray(1)).toString()).Frames)
    })
    const oldLink = await old.join()
    const id = await submitSpec(cluster.jobs, { Reschedule: { Delay: 0 } })
    await until('it has the order', () => orders.length > 0)
    await old.stop()

    const engine = new ScriptedEngine('noop')
    started(await joinCompute(cluster.port, 'east', { engines: [engine] }))
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    const executions = await cluster.jobs.executions(id)
    expect(executions.map(({ FailureClass }) => FailureClass).sort()).toEqual(['', 'lost'])
    expect(engine.starts).toHaveLength(1)
    const ghost = started(await SpokenNode.connect(cluster.port, 'east'))
    const late = { LinkID: oldLink, Frames: [{ Seq: 1, Message: { Kind: 'Nothing', Body: {} } }] }
    expect((await ghost.frames(late)).value.Message).toBe('shake hands first')
  })
})

describe('a node that speaks for another [R97]', () => {
  it.each([
    ['Handshake', handshakeOf('west')],
    ['UpdateInfo', { Kind: 'UpdateInfo', Body: infoOf('west') }],
    ['Heartbeat', { Kind: 'Heartbeat', Body: { NodeID: 'west', LinkID: 'l' } }],
  ])('in a %s is refused and told once, and the other is as it was', async (_kind, message) => {
    const cluster = started(await startLogged())
    const west = started(await SpokenNode.connect(cluster.port, 'west'))
    await west.join()
    const before = await cluster.nodes.get('west')
    const east = started(await SpokenNode.connect(cluster.port, 'east'))
    for (let time = 0; time < 3; time++) {
      const { ok, value } = await east.control(message)
      expect([ok, value.Message]).toEqual([false, 'a node may speak only for itself'])
    }
    expect(cluster.saidOf('east')).toEqual(['node_message_refused: a node may speak only for itself'])
    expect(await cluster.nodes.get('west')).toEqual(before)
  })
})
