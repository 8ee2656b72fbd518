import { afterEach, describe, expect, it, vi } from 'vitest'
import type { HandshakeReply } from '#models/messages/messages.ts'
import { noResources } from '#models/resources.ts'
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

let cluster: Awaited<ReturnType<typeof startOrchestrator>>
let database: FaultySql

const start = async (): Promise<void> => {
  database = new FaultySql(openSqlite(':memory:'))
  cluster = await startOrchestrator({}, database)
}

afterEach(() => cluster.stop())

const joinFull = (name: string): Promise<HandshakeReply> =>
  cluster.orchestrator.link.handshake(
    { NodeInfo: nodeState(name, noResources(), {}).Info, StoreID: 's', LinkID: '', LiveExecutions: [] },
    { deliver: async () => ({ LastSeq: 0 }), readLogs: () => expect.fail(), readResult: () => expect.fail() },
  )

describe('a job that no node can take', () => {
  it('is stored with what the first look at it came to: one commit, one row of it and one of its specification [W20]', async () => {
    await start()
    const acts: string[] = []
    database.watch = (act, sql) => {
      if (act === 'commit') acts.push('commit')
      if (act === 'write') acts.push(/^(?:insert into|update) "(\w+)"/.exec(sql)?.[1] ?? sql)
    }
    const id = await submitSpec(cluster.jobs, patient)
    database.watch = () => {}
    expect(acts).toEqual(['versions', 'jobs', 'commit'])

    const job = await cluster.jobs.get(id)
    expect([job.State.StateType, job.Revision, job.Version]).toEqual(['Queued', 2, 1])
    const { items } = await cluster.jobs.history(id, 'since-1.5', 0, 10)
    expect(items.map((line) => [line.SeqNum, line.Event.Topic, line.NewRevision])).toEqual([
      [1, 'Submission', 1],
      [2, 'Queueing', 2],
    ])
  })

  it('is looked at with its submission on a large cluster, too: only a job of many executions is not', async () => {
    await start()
    for (let i = 0; i < 100; i++) await joinFull(`n-${i}`)
    const changesOf = async (Count: number): Promise<number> => {
      const commits = vi.spyOn(cluster.store, 'commit')
      const id = await submitSpec(cluster.jobs, { ...patient, Count })
      await until('it waits', async () => (await cluster.jobs.get(id)).State.StateType === 'Queued')
      const changes = commits.mock.calls.filter(([change]) => change.insertJobs?.length || change.updateJobs?.length)
      commits.mockRestore()
      return changes.length
    }
    expect(await changesOf(64)).toBe(1)
    expect(await changesOf(65)).toBe(2)
  })

  it('is nowhere when that commit fails, and the next one is stored again [I1]', async () => {
    await start()
    database.watch = (act) => {
      if (act === 'commit') throw new Error('no space left')
    }
    await expect(submitSpec(cluster.jobs, patient)).rejects.toThrow()
    database.watch = () => {}
    const id = await submitSpec(cluster.jobs, patient)
    await until('only the second is there', async () => {
      const { items } = await cluster.jobs.list({}, 'created_at', false, 10)
      return items.length === 1 && items[0]?.ID === id
    })
  })
})
