import { describe, expect, it } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { ExecutionId } from '#models/ids.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { startOrchestrator } from '../kit/cluster.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import { submitSpec } from '../kit/jobs.ts'
import { nodeState } from '../kit/reconcile-world.ts'
import { until } from '../kit/until.ts'

const capacity = { CPU: 8, Memory: 8e9, Disk: 8e9, GPU: 0 }
const nodeInfo = (name: string) => nodeState(name, capacity, {}).Info

/** How many statements it takes until a job is placed on one of so many nodes and that node has its message. */
const statementsToPlace = async (nodes: number): Promise<number> => {
  const database = new FaultySql(openSqlite(':memory:'))
  const cluster = await startOrchestrator({}, database)
  let delivered = 0
  const back: ComputeEnd = {
    deliver: async (_linkId, frames) => {
      delivered += frames.length
      return { LastSeq: frames.at(-1)?.Seq ?? 0 }
    },
    async *readLogs() {},
    readResult: async () => ({ bytes: new Uint8Array(), sizeBytes: 0, tag: '' }),
  }
  for (let n = 0; n < nodes; n++) {
    const NodeInfo = nodeInfo(`n-${n}`)
    const hello = { NodeInfo, StoreID: `s-${n}`, LinkID: '', LiveExecutions: [] as ExecutionId[] }
    const { IsAccepted } = await cluster.orchestrator.link.handshake(hello, back)
    expect(IsAccepted).toBe(true)
  }
  let statements = 0
  let lastMs = 0
  database.watch = (act) => {
    if (act === 'read' || act === 'write') statements++
    lastMs = performance.now()
  }
  await submitSpec(cluster.jobs)
  await until('the message is there and the store is quiet', () => delivered > 0 && performance.now() - lastMs > 100)
  database.watch = () => {}
  await cluster.stop()
  return statements
}

describe('the statements of a placement', () => {
  it('are as many for forty nodes as for two: nodes are in memory, and each has an outbox of its own [W20, W21]', async () => {
    const two = await statementsToPlace(2)
    expect(two).toBeGreaterThan(0)
    expect(await statementsToPlace(40)).toBe(two)
  })
})
