import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { NodeId } from '#models/ids.ts'
import { startOrchestrator } from '../kit/cluster.ts'
import { heldBytes } from '../kit/held-bytes.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { partOf } from '../kit/part-of.ts'
import { infoOf } from '../kit/spoken-node.ts'
import { until } from '../kit/until.ts'

const warmUp = 200
const nodeCount = 10_000
const limitBytesPerNode = 4 * 1024

let cluster: Awaited<ReturnType<typeof startOrchestrator>>
beforeEach(async () => {
  // Not so soon lost on a machine with other work.
  cluster = await startOrchestrator({ disconnectAfterMs: 600_000 })
})
afterEach(() => cluster.stop())

/** Takes every order, and does nothing. */
const end: ComputeEnd = {
  deliver: async (_linkId, frames) => ({ LastSeq: frames.at(-1)?.Seq ?? 0 }),
  readLogs: async function* () {},
  readResult: async () => ({ bytes: new Uint8Array(), sizeBytes: 0, tag: '-' }),
}

/** What each node tells is its own, as it comes over a wire: nothing of it is shared. */
const join = async (index: number): Promise<void> => {
  const { orchestrator } = cluster
  const NodeInfo = structuredClone(infoOf(`n-${index}`, { Labels: { zone: `zone-${index % 10}`, rack: `${index}` } }))
  const { LinkID } = await orchestrator.link.handshake(
    { NodeInfo, StoreID: `store-${index}`, LinkID: '', LiveExecutions: [] },
    end,
  )
  const load = structuredClone({
    AvailableCapacity: NodeInfo.ComputeNodeInfo?.AvailableCapacity,
    QueueUsedCapacity: {},
  })
  await orchestrator.link.heartbeat(partOf({ NodeID: NodeInfo.NodeID as NodeId, LinkID, ...load }))
}

const joinAll = async (from: number, to: number): Promise<void> => {
  for (let first = from; first < to; first += 100)
    await Promise.all(Array.from({ length: Math.min(100, to - first) }, (_, index) => join(first + index)))
}

it('ten thousand nodes take no more than 4 KB of memory each, and all of them are seen by a look at a job [B7, W20]', async () => {
  await joinAll(0, warmUp)
  const before = await heldBytes()
  await joinAll(warmUp, warmUp + nodeCount)
  // A look that finds no place goes through all of them, and keeps what it needs for the next.
  const Constraints = [{ Key: 'zone', Operator: '=', Values: ['nowhere'] }]
  const spec = jobSpec({ Constraints })
  const { JobID } = await cluster.jobs.submit({ spec, isForced: false, naming: 'independent', warnings: [] })
  await until('it was looked at', async () => (await cluster.jobs.get(JobID)).State.StateType === 'Failed')
  expect((await cluster.jobs.get(JobID)).State.Message).toContain(String(warmUp + nodeCount))
  const perNode = ((await heldBytes()) - before) / nodeCount
  console.log(`memory: ${Math.round(perNode)} bytes for each of ${nodeCount} nodes`)
  expect(perNode).toBeLessThan(limitBytesPerNode)
})
