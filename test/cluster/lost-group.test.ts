import { expect, it } from 'vitest'
import type { ComputeEnd } from '#contracts/node-link.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import type { Task } from '#models/task.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { startOrchestrator } from '../kit/cluster.ts'
import { FaultySql } from '../kit/faulty-sql.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { submitSpec } from '../kit/jobs.ts'
import { nodeState } from '../kit/reconcile-world.ts'
import { until } from '../kit/until.ts'

const task = jobSpec().Tasks[0] as Task
const patient = { Tasks: [{ ...task, Timeouts: { QueueTimeout: 3_600n } }] }

const capacity = { CPU: 8, Memory: 8e9, Disk: 8e9, GPU: 0 }
const nodeInfo = nodeState('n-1', capacity, {}).Info

/** The next commit fails, and the read that comes after it too. */
const failOnce = (database: FaultySql): void => {
  let isLost = false
  database.watch = (act) => {
    if (act !== 'commit' && !(act === 'read' && isLost)) return
    if (isLost) database.watch = () => {}
    isLost = true
    throw new Fault('StorageFull', 'no space left')
  }
}

it('after a lost group nothing is looked at until memory is rebuilt, which is tried again when it fails [I1, L1]', async () => {
  const database = new FaultySql(openSqlite(':memory:'))
  const cluster = await startOrchestrator({}, database)
  const asked: JobId[] = []
  const back: ComputeEnd = {
    deliver: async (_linkId, frames) => {
      for (const { Message } of frames) if (Message.Kind === 'AskForBid') asked.push(Message.Body.Job.ID)
      return { LastSeq: frames.at(-1)?.Seq ?? 0 }
    },
    async *readLogs() {},
    readResult: async () => ({ bytes: new Uint8Array(), sizeBytes: 0, tag: '' }),
  }
  const before = await submitSpec(cluster.jobs, patient)
  failOnce(database)
  await expect(submitSpec(cluster.jobs, patient)).rejects.toThrow(Fault)
  const after = await submitSpec(cluster.jobs, patient)
  expect((await cluster.jobs.get(after)).State.StateType).toBe('Pending')
  await cluster.orchestrator.link.handshake({ NodeInfo: nodeInfo, StoreID: 's', LinkID: '', LiveExecutions: [] }, back)
  expect(asked).toEqual([])
  await until('both jobs are placed', () => asked.includes(before) && asked.includes(after))
  await cluster.stop()
})
