import { afterEach, describe, expect, it } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { JobId, NodeId } from '#models/ids.ts'
import type { OrchestratorMessage } from '#models/messages/messages.ts'
import { startOrchestrator } from '../kit/cluster.ts'
import { submitSpec } from '../kit/jobs.ts'
import { nodeState } from '../kit/reconcile-world.ts'
import { until } from '../kit/until.ts'

const capacity = { CPU: 8, Memory: 8e9, Disk: 8e9, GPU: 0 }
const infoOf = (labels: Record<string, string>) => nodeState('n-1', capacity, labels).Info
const onlyIn = (zone: string) => ({ Constraints: [{ Key: 'zone', Operator: '=' as const, Values: [zone] }] })

let cluster: Awaited<ReturnType<typeof startOrchestrator>>
afterEach(() => cluster.stop())

/** A node that only takes note of what it is told. */
const join = async () => {
  cluster = await startOrchestrator({ defaultMembership: 'PENDING' })
  const told: OrchestratorMessage[] = []
  const back: ComputeEnd = {
    deliver: async (_linkId, frames) => {
      told.push(...frames.map(({ Message }) => Message))
      return { LastSeq: frames.at(-1)?.Seq ?? 0 }
    },
    async *readLogs() {},
    readResult: async () => ({ bytes: new Uint8Array(), sizeBytes: 0, tag: '' }),
  }
  let LinkID = ''
  const shakeHands = async (labels: Record<string, string>): Promise<void> => {
    const NodeInfo = infoOf(labels)
    const reply = await cluster.orchestrator.link.handshake(
      { NodeInfo, StoreID: 's', LinkID, LiveExecutions: [] },
      back,
    )
    LinkID = reply.LinkID
  }
  const isAsked = (id: JobId): boolean => told.some((m) => m.Kind === 'AskForBid' && m.Body.Job.ID === id)
  const isStopped = async (id: JobId): Promise<boolean> => {
    const [execution] = await cluster.jobs.executions(id)
    return told.some((m) => m.Kind === 'CancelExecution' && m.Body.ExecutionID === execution?.ID)
  }
  return { shakeHands, isAsked, isStopped }
}

const daemon = (zone: string): Promise<JobId> => submitSpec(cluster.jobs, { Type: 'daemon', ...onlyIn(zone) })

describe('a daemon', () => {
  it('follows a node when it is approved and when its labels change, and leaves it [R100, W28]', async () => {
    const node = await join()
    await node.shakeHands({ zone: 'a' })
    const [inA, inB] = [await daemon('a'), await daemon('b')]
    expect([node.isAsked(inA), node.isAsked(inB)]).toEqual([false, false])
    await cluster.nodes.approve('n-1' as NodeId, '')
    await until('it is on the approved node', () => node.isAsked(inA))
    expect(node.isAsked(inB)).toBe(false)
    await cluster.orchestrator.link.updateInfo(infoOf({ zone: 'b' }))
    await until('the other takes its place', async () => node.isAsked(inB) && (await node.isStopped(inA)))
  })

  it('does the same when the node comes back with other labels after a restart [R100, W28]', async () => {
    const node = await join()
    await node.shakeHands({ zone: 'a' })
    await cluster.nodes.approve('n-1' as NodeId, '')
    const [inA, inB] = [await daemon('a'), await daemon('b')]
    await until('it is there', () => node.isAsked(inA))
    await node.shakeHands({ zone: 'b' })
    await until('the other takes its place', async () => node.isAsked(inB) && (await node.isStopped(inA)))
  })
})
