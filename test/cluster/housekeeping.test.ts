import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Exit } from '#contracts/engine.ts'
import type { Store } from '#contracts/store.ts'
import { batchSize } from '#orchestrator/housekeeping.ts'
import { aJob, aLine, anExecution, jobId, startNs } from '../contracts/store-fixtures.ts'
import { openTestStore, startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { until } from '../kit/until.ts'

const never = new AbortController().signal

let stop: () => Promise<void> = async () => {}
afterEach(() => stop())

const hybridWith = async (retention: { jobsNs: bigint; historyNs: bigint }, databasePath?: string) => {
  const running = Promise.withResolvers<Exit>()
  const engines = [
    new ScriptedEngine('noop', ({ env }) => (env.BACALHAU_JOB_TYPE === 'service' ? running.promise : { exitCode: 0 })),
  ]
  const cluster = await startHybrid({ engines, settings: { retention }, ...(databasePath ? { databasePath } : {}) })
  stop = () => cluster.stop()
  return cluster
}
const idsOf = async (store: Store) => (await store.jobs({}, 'created_at', false, 1_000)).items.map((job) => job.ID)

/** A store with so many jobs that ended long ago, and one that ends far in the future. */
const filledStore = async (path: string, count: number): Promise<void> => {
  const store = await openTestStore(path)
  const over = { State: { StateType: 'Completed' as const } }
  for (let n = 1; n <= count; n++) {
    const ran = anExecution(n, { JobID: jobId(n), ComputeState: { StateType: 'Completed' } })
    const job = aJob(n, over)
    await store.commit({ insertJobs: [job], insertExecutions: [ran], history: [aLine({ JobID: job.ID })] })
  }
  await store.commit({ insertJobs: [aJob(count + 1, { ...over, ModifyTime: startNs * 2n })] })
  await store.close()
}

describe('an orchestrator that keeps ended jobs for a time', () => {
  it('forgets them, never one that runs, and who waits for one is told [W23]', async () => {
    const cluster = await hybridWith({ jobsNs: 300_000_000n, historyNs: 0n })
    const long = await submitSpec(cluster.jobs, { Type: 'service' })
    const short = await submitSpec(cluster.jobs)
    const { Revision } = await endOf(cluster.jobs, short)
    await expect(cluster.jobs.wait(short, Revision, 50_000, never)).rejects.toThrow(`job not found: ${short}`)
    await expect(cluster.jobs.get(short)).rejects.toMatchObject({ code: 'NotFound' })
    expect(await idsOf(cluster.store)).toEqual([long])
    await cluster.jobs.stop(long, 'enough')
    await until('it is gone too', async () => (await idsOf(cluster.store)).length === 0)
  })

  it('answers a repeated submission as before: what is forgotten is not run again [W23, I2]', async () => {
    const cluster = await hybridWith({ jobsNs: 1_000_000n, historyNs: 0n })
    const submission = {
      spec: jobSpec(),
      isForced: false,
      naming: 'independent' as const,
      warnings: [],
      idempotency: { token: 'once', bodyHash: 'the same' },
    }
    const first = await cluster.jobs.submit(submission)
    await until('it is forgotten', async () => (await idsOf(cluster.store)).length === 0)
    expect(await cluster.jobs.submit(submission)).toEqual(first)
    expect(await idsOf(cluster.store)).toEqual([])
  })

  it('takes away only the history when only that is kept for a time [W23]', async () => {
    const cluster = await hybridWith({ jobsNs: 0n, historyNs: 300_000_000n })
    const id = await submitSpec(cluster.jobs)
    const ended = await endOf(cluster.jobs, id)
    await until('the history is gone', async () => (await cluster.store.history(id, 0, 9)).length === 0)
    expect(await cluster.jobs.get(id)).toEqual(ended)
    expect(await cluster.jobs.executions(id)).toHaveLength(1)
  })

  it('works off what has gathered in small steps, from the start on, and leaves the young ones [W23]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'housekeeping-'))
    const path = join(folder, 'state.db')
    try {
      await filledStore(path, 2 * batchSize + 3)
      const cluster = await hybridWith({ jobsNs: 60_000_000_000n, historyNs: 0n }, path)
      const fresh = await submitSpec(cluster.jobs)
      await endOf(cluster.jobs, fresh)
      const young = [jobId(2 * batchSize + 4), fresh]
      await until('the old ones are gone', async () => (await idsOf(cluster.store)).length === young.length)
      expect((await idsOf(cluster.store)).toSorted()).toEqual(young.toSorted())
      expect(await cluster.store.jobIdsByPrefix('j-0000', 9)).toEqual([young[0]])
    } finally {
      await stop()
      stop = async () => {}
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('keeps everything when it was told nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'housekeeping-'))
    const path = join(folder, 'state.db')
    try {
      await filledStore(path, 3)
      const cluster = await hybridWith({ jobsNs: 0n, historyNs: 0n }, path)
      await endOf(cluster.jobs, await submitSpec(cluster.jobs))
      expect(await idsOf(cluster.store)).toHaveLength(5)
    } finally {
      await stop()
      stop = async () => {}
      await rm(folder, { recursive: true, force: true })
    }
  })
})
