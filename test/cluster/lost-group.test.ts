import { expect, it } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { Frame, HandshakeReply, OrchestratorMessage } from '#models/messages/messages.ts'
import type { Task } from '#models/task.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { startOrchestrator } from '../kit/cluster.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { submitSpec } from '../kit/jobs.ts'
import { partOf } from '../kit/part-of.ts'
import { nodeState } from '../kit/reconcile-world.ts'
import { until } from '../kit/until.ts'

const task = jobSpec().Tasks[0] as Task
const patient = { Tasks: [{ ...task, Timeouts: { QueueTimeout: 3_600n } }] }

const capacity = { CPU: 8, Memory: 8e9, Disk: 8e9, GPU: 0 }
const nodeInfo = nodeState('n-1', capacity, {}).Info

type Cluster = Awaited<ReturnType<typeof startOrchestrator>>

/** How node `n-1` greets: with the link of its last life. What it is told it takes, and does nothing about. */
const greetingOf =
  ({ orchestrator }: Cluster, look: (frames: readonly Frame<OrchestratorMessage>[]) => void = () => {}) =>
  (LinkID: string): Promise<HandshakeReply> =>
    orchestrator.link.handshake(
      { NodeInfo: nodeInfo, StoreID: 's', LinkID, LiveExecutions: [] },
      partOf<ComputeEnd>({
        deliver: async (_linkId, frames) => {
          look(frames)
          return { LastSeq: frames.at(-1)?.Seq ?? 0 }
        },
      }),
    )

/** A cluster that knows node `n-1`, which has just gone. */
async function clusterItLeft() {
  const database = new FaultySql(openSqlite(':memory:'))
  const cluster = await startOrchestrator({}, database)
  const greet = greetingOf(cluster)
  const { LinkID } = await greet('')
  await cluster.orchestrator.link.goodbye(nodeInfo.NodeID)
  return { database, cluster, greet, LinkID }
}

/** Read again from the store, which does not say that a node is connected. */
const rebuilt = (cluster: Cluster): Promise<void> =>
  until('memory is rebuilt', async () => (await cluster.nodes.get('n-1')).ConnectionState.Status === 'DISCONNECTED')

/** The next commit fails, and the first read of the nodes after it too. */
const failOnce = (database: FaultySql): void => {
  let isLost = false
  database.watch = (act, sql) => {
    if (act !== 'commit' && !(act === 'read' && isLost && sql.includes('from "nodes"'))) return
    if (isLost) database.watch = () => {}
    isLost = true
    throw new Fault('StorageFull', 'no space left')
  }
}

it('after a lost group nothing is looked at until memory is rebuilt, which is tried again when it fails [I1, L1]', async () => {
  const database = new FaultySql(openSqlite(':memory:'))
  const cluster = await startOrchestrator({}, database)
  const asked: JobId[] = []
  const before = await submitSpec(cluster.jobs, patient)
  failOnce(database)
  await expect(submitSpec(cluster.jobs, patient)).rejects.toThrow(Fault)
  const after = await submitSpec(cluster.jobs, patient)
  expect((await cluster.jobs.get(after)).State.StateType).toBe('Pending')
  await greetingOf(cluster, (frames) => {
    for (const { Message } of frames) if (Message.Kind === 'AskForBid') asked.push(Message.Body.Job.ID)
  })('')
  expect(asked).toEqual([])
  await until('both jobs are placed', () => asked.includes(before) && asked.includes(after))
  await cluster.stop()
})

it('a node whose greeting is lost with a group is told to greet again, and is connected then', async () => {
  const { database, cluster, greet, LinkID } = await clusterItLeft()
  const { link } = cluster.orchestrator
  // What an operator does is on disk when it is answered, and with it all that was before.
  await cluster.nodes.cordon(nodeInfo.NodeID, '')
  failOnce(database)
  expect(await greet(LinkID)).toMatchObject({ IsAccepted: true, LinkID })
  const none = { CPU: 0, Memory: 0, Disk: 0, GPU: 0 }
  const beat = { NodeID: nodeInfo.NodeID, LinkID, AvailableCapacity: capacity, QueueUsedCapacity: none }
  await until('it is forgotten', async () => !(await link.heartbeat(beat)).IsKnown)
  await rebuilt(cluster)
  await greet(LinkID)
  expect((await cluster.nodes.get('n-1')).ConnectionState.Status).toBe('CONNECTED')
  expect(await link.heartbeat(beat)).toEqual({ IsKnown: true })
  await cluster.stop()
})

it('a rejected node is not let in while the store cannot be read, nor taken for a new one afterwards [W17, R204]', async () => {
  const database = new FaultySql(openSqlite(':memory:'))
  const cluster = await startOrchestrator({}, database)
  const { LinkID } = await greetingOf(cluster)('')
  const greet = () => greetingOf(cluster)(LinkID)
  database.watch = () => {
    throw new Fault('StorageFull', 'the disk is gone')
  }
  await expect(greet()).rejects.toThrow(Fault)
  database.watch = () => {}
  await until('it is known by its link again', async () => (await greet().catch(() => undefined))?.LinkID === LinkID)
  await cluster.nodes.reject('n-1' as NodeId, '')
  database.watch = () => {
    throw new Fault('StorageFull', 'the disk is gone')
  }
  expect((await greet().catch(() => undefined))?.IsAccepted ?? false).toBe(false)
  database.watch = () => {}
  expect(await greet()).toMatchObject({ IsAccepted: false, Reason: 'node has been rejected' })
  await cluster.stop()
})

it('a drain that was lost with the greeting of its node does not come back with the end of that greeting [I1]', async () => {
  const { database, cluster, greet, LinkID } = await clusterItLeft()
  await cluster.nodes.cordon(nodeInfo.NodeID, '')
  await cluster.nodes.uncordon(nodeInfo.NodeID, '')
  failOnce(database)
  await greet(LinkID)
  await expect(cluster.nodes.drain(nodeInfo.NodeID, '')).rejects.toThrow(Fault)
  await rebuilt(cluster)
  await cluster.store.settled()
  expect((await cluster.store.nodes()).map(({ Cordon }) => Cordon)).toEqual([undefined])
  await cluster.stop()
})
