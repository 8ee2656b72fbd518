import { describe, expect, it, vi } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { OrchestratorMessage } from '#models/messages/messages.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { startOrchestrator } from '../kit/cluster.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { nodeState } from '../kit/reconcile-world.ts'
import { until } from '../kit/until.ts'

const capacity = { CPU: 8, Memory: 8e9, Disk: 8e9, GPU: 0 }
const nodeInfo = (name: string) => nodeState(name, capacity, {}).Info

const nodeThatTakes = (take: (message: OrchestratorMessage) => void): ComputeEnd => ({
  deliver: async (_linkId, frames) => {
    for (const { Message } of frames) take(Message)
    return { LastSeq: frames.at(-1)?.Seq ?? 0 }
  },
  async *readLogs() {},
  readResult: async () => ({ bytes: new Uint8Array(), sizeBytes: 0, tag: '' }),
})

/** How many statements it takes until a job is placed on one of so many nodes and that node has its message. */
const statementsToPlace = async (nodes: number): Promise<number> => {
  const database = new FaultySql(openSqlite(':memory:'))
  const cluster = await startOrchestrator({}, database)
  let delivered = 0
  const back = nodeThatTakes(() => delivered++)
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

const streams = { Stdout: '', StdoutTruncated: false, stderr: '', StderrTruncated: false }
const succeeded = {
  PublishedResult: { Type: '', Params: {} },
  RunOutput: { ...streams, ExitCode: 0, ErrorMsg: '' },
}

/** How often the executions of a job are read until all of so many have ended well, one after the other. */
const looksToTheEnd = async (Count: number): Promise<number> => {
  const { orchestrator, store, jobs, stop } = await startOrchestrator()
  const looks = vi.spyOn(store, 'executionsOfJob')
  const ordered: ExecutionId[] = []
  const back = nodeThatTakes(({ Kind, Body }) => {
    if (Kind === 'AskForBid') ordered.push(Body.Execution.ID)
  })
  const NodeInfo = nodeState('n-0', { CPU: 1_000, Memory: 1e12, Disk: 1e12, GPU: 0 }, {}).Info
  const hello = { NodeInfo, StoreID: 's-0', LinkID: '', LiveExecutions: [] }
  const { LinkID } = await orchestrator.link.handshake(hello, back)
  const id = await submitSpec(jobs, { Count })
  await until('all are ordered', () => ordered.length === Count)
  for (const [at, ExecutionID] of ordered.entries()) {
    const report = {
      Seq: at + 1,
      Message: { Kind: 'RunResult', Body: { ExecutionID, Epoch: 1, ...succeeded } },
    } as const
    await orchestrator.link.deliver(NodeInfo.NodeID, LinkID, [report])
  }
  expect((await endOf(jobs, id)).State.StateType).toBe('Completed')
  const count = looks.mock.calls.length
  await stop()
  return count
}

it('a job of two hundred executions is looked at as often as one of two: no step of it grows with its square [B3n]', async () => {
  const two = await looksToTheEnd(2)
  expect(two).toBeGreaterThan(0)
  expect(await looksToTheEnd(200)).toBeLessThanOrEqual(two + 1)
})

describe('the statements of a placement', () => {
  it('are as many for forty nodes as for two: nodes are in memory, and each has an outbox of its own [W20, W21]', async () => {
    const two = await statementsToPlace(2)
    expect(two).toBeGreaterThan(0)
    expect(await statementsToPlace(40)).toBe(two)
  })
})
