import { expect, it } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { Fault } from '#lib/fault.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { nodeState } from '../kit/reconcile-world.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

type Cluster = Awaited<ReturnType<typeof startOrchestrator>>

const engines = () => [new ScriptedEngine('noop', () => ({ exitCode: 0 }))]
const join = async ({ port, nodes }: Cluster, name: string) => {
  const node = started(await joinCompute(port, name, { engines: engines() }))
  await until(`${name} is connected`, async () =>
    (await nodes.list()).some(
      ({ Info, ConnectionState }) => Info.NodeID === name && ConnectionState.Status === 'CONNECTED',
    ),
  )
  return node
}

/** As a process that is killed. */
const kill = async ({ bus }: Cluster, name: string, node: Awaited<ReturnType<typeof join>>) => {
  await node.vanish()
  const isAway = () =>
    bus.send(`bacalhau.global.compute.${name}.in.msgs`, new Uint8Array()).then(
      () => false,
      () => true,
    )
  await until('the broker has noticed', isAway)
}

const stateOf = async ({ jobs }: Cluster, id: Parameters<Cluster['jobs']['get']>[0]) => (await jobs.get(id)).State

it('a node whose line has ended gets no more work, which goes to others [W27]', async () => {
  const cluster = started(await startOrchestrator())
  const dead = await join(cluster, 'dead')
  await join(cluster, 'live')
  await kill(cluster, 'dead', dead)
  const ids = await Promise.all(Array.from({ length: 6 }, () => submitSpec(cluster.jobs)))
  for (const id of ids) {
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    expect((await cluster.jobs.executions(id)).map(({ NodeID }) => NodeID)).toEqual(['live'])
  }
})

/** A node that only the orchestrator believes in. */
const imagined = async (cluster: Cluster, deliver: ComputeEnd['deliver']) => {
  const { Info } = nodeState('far', { CPU: 1_000, Memory: 2 ** 50, Disk: 2 ** 50, GPU: 0 }, {})
  let LinkID = ''
  const greet = async () => {
    const request = { NodeInfo: Info, LiveExecutions: [], LinkID, StoreID: 'same' }
    ;({ LinkID } = await cluster.orchestrator.link.handshake(request, { deliver } as Partial<ComputeEnd> as ComputeEnd))
  }
  await greet()
  return { greet, id: Info.NodeID }
}

const taken: ComputeEnd['deliver'] = async (_linkId, frames) => ({ LastSeq: frames.at(-1)?.Seq ?? 0 })

it('a job waits for the only node whose line has ended, and says so, until that is back or gone', async () => {
  const cluster = started(await startOrchestrator())
  const { greet, id } = await imagined(cluster, taken)
  for (const Type of ['batch', 'ops'] as const) {
    cluster.orchestrator.lineChanged(id, false)
    const jobId = await submitSpec(cluster.jobs, { Type })
    const State = await stateOf(cluster, jobId)
    expect([State.StateType, State.Message]).toEqual([
      'Queued',
      expect.stringContaining('its line is closed: it restarts, or is gone'),
    ])
    await greet()
    await until('it is asked', async () => (await cluster.jobs.executions(jobId)).length === 1)
  }
  cluster.orchestrator.lineChanged(id, false)
  const lost = await submitSpec(cluster.jobs)
  await cluster.orchestrator.link.goodbye(id)
  expect((await endOf(cluster.jobs, lost)).State.Message).toMatch(/^not enough nodes to run job/)
})

it('a node that nobody answers for behind NATS servers gets nothing more after its first orders, until one gets there', async () => {
  const cluster = started(await startOrchestrator())
  let isThere = false
  await imagined(cluster, (linkId, frames) => {
    if (!isThere) throw new Fault('ServiceUnavailable', 'nobody listens', { isRetryable: true })
    return taken(linkId, frames)
  })
  await submitSpec(cluster.jobs)
  await until(
    'it is noticed',
    async () => (await stateOf(cluster, await submitSpec(cluster.jobs))).StateType === 'Queued',
  )
  isThere = true
  const id = await submitSpec(cluster.jobs)
  await until('it is asked again', async () => (await cluster.jobs.executions(id)).length === 1)
})
