import { describe, expect, it } from 'vitest'
import type { KeptUpload } from '#contracts/upload-store.ts'
import type { Execution } from '#models/execution.ts'
import type { ComputeStateName } from '#models/execution-state.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import type { JobStateName } from '#models/job-state.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { KeptFiles, resultStanding, uploadStanding } from './kept-files.ts'

const hourMs = 3600_000
const nowMs = 100 * hourMs
const job = (StateType: JobStateName, endedMs = 0, storedMs = 0) =>
  partOf<Job>({
    State: { StateType },
    ModifyTime: BigInt(endedMs) * 1_000_000n,
    VersionTime: BigInt(storedMs) * 1_000_000n,
  })
const execution = (StateType: ComputeStateName, Type = 'link') =>
  partOf<Execution>({ ComputeState: { StateType }, JobID: 'j', PublishedResult: { Type } })
const upload = (change: Partial<KeptUpload> = {}): KeptUpload => ({
  ...{ scope: 's', id: 'u', sizeBytes: 10, usedMs: nowMs - hourMs, jobIds: [] },
  ...change,
})

describe('how a kept file stands to its jobs', () => {
  it.each([
    ['of no execution that is known', undefined, undefined, 'rubbish'],
    ['of an execution that ended without it', execution('Failed', ''), job('Running'), 'rubbish'],
    ['of an execution that failed with it', execution('Failed'), job('Failed'), 'ended'],
    ['that is on its way', execution('Running', ''), job('Running'), 'live'],
    ['of a job that goes on', execution('Completed'), job('Running'), 'live'],
    ['of a job that has ended', execution('Completed'), job('Completed'), 'ended'],
  ])('a result %s', (_, ran, of, kind) => {
    expect(resultStanding(ran, of).kind).toBe(kind)
  })

  it.each([
    ['that some job still reads', [job('Completed', 1), job('Running')], {}, { kind: 'live' }],
    ['whose last job has ended', [job('Failed', 5), job('Stopped', 7)], {}, { kind: 'ended', endedMs: 7 }],
    ['that was just sent', [], { usedMs: nowMs - 1 }, { kind: 'live' }],
    [
      'whose job has ended a moment after it was sent',
      [job('Completed', nowMs - 1000, nowMs - 60_000)],
      { usedMs: nowMs - 59_000 },
      { kind: 'ended', endedMs: nowMs - 1000 },
    ],
    [
      'that was sent again since its job was stored',
      [job('Completed', nowMs - 1000, nowMs - 60_000)],
      { usedMs: nowMs - 30_000 },
      { kind: 'live' },
    ],
    ['that no job names', [], {}, { kind: 'ended', endedMs: nowMs - hourMs }],
    ['that no job has named for a day', [], { usedMs: nowMs - 25 * hourMs }, { kind: 'rubbish' }],
  ])('an upload %s', (_, jobs, change, standing) => {
    expect(uploadStanding(upload(change), jobs, nowMs)).toEqual(standing)
  })
})

/** Results of 10 bytes of these executions, one of which may be read just now, and uploads, each with the job of its name. */
function rig(maxBytes: number, { resultsMs = 0, uploadsMs = 0, read = '' } = {}) {
  const clock = new StepClock()
  clock.nowAtMs = nowMs
  const jobs: Record<string, Job> = {
    old: job('Completed', nowMs - 50 * hourMs),
    new: job('Completed', nowMs - 2 * hourMs),
    live: job('Running'),
  }
  let measured = 0
  const results = new Set(Object.keys(jobs))
  const uploads = new Map(Object.keys(jobs).map((name) => [name, upload({ id: name, jobIds: [name as JobId] })]))
  const kept = new KeptFiles({
    clock,
    settings: { resultsMs, uploadsMs, maxBytes },
    onError: (error) => {
      throw error
    },
    store: partOf({
      execution: async (id: ExecutionId) => ({ ...execution('Completed'), JobID: id }),
      job: async (id: JobId) => jobs[id],
    }),
    results: partOf({
      list: async () => [...results].map((executionId) => ({ executionId, writtenMs: nowMs - hourMs, sizeBytes: 10 })),
      remove: async (id: ExecutionId) => id !== read && results.delete(id),
    }),
    uploads: partOf({
      list: async () => [...uploads.values()],
      usedBytes: async () => {
        measured++
        return 10 * uploads.size
      },
      remove: async ({ id }: KeptUpload) => (uploads.delete(id) ? 10 : 0),
    }),
  })
  return {
    kept,
    clock,
    measured: () => measured,
    there: () => ({ results: [...results], uploads: [...uploads.keys()] }),
  }
}

describe('the room of results and uploads', () => {
  it('is without end when nobody bounds it', async () => {
    const { kept, there } = rig(0)
    expect(await kept.makeRoom(1e12)).toBe(true)
    expect(there().results).toHaveLength(3)
  })

  it('is made by what belongs to the job that ended longest ago, and no more than is needed [L7]', async () => {
    const { kept, there } = rig(60)
    expect(await kept.makeRoom(0)).toBe(true)
    expect(await kept.makeRoom(15)).toBe(true)
    expect(there()).toEqual({ results: ['new', 'live'], uploads: ['new', 'live'] })
  })

  it('is made by what belongs to the next job while a result is read', async () => {
    const { kept, there } = rig(50, { read: 'old' })
    expect(await kept.makeRoom(10)).toBe(true)
    expect(there()).toEqual({ results: ['old', 'live'], uploads: ['new', 'live'] })
  })

  it('is measured only where what was let in since the last time may be too much', async () => {
    const { kept, measured, there } = rig(100)
    for (let n = 0; n < 4; n++) expect(await kept.makeRoom(10)).toBe(true)
    expect(measured()).toBe(1)
    expect(await kept.makeRoom(10)).toBe(true)
    expect(measured()).toBe(2)
    expect(there().results).toHaveLength(3)
  })

  it('is never made by what is live: then there is none [L7]', async () => {
    const { kept, there } = rig(60)
    expect(await kept.makeRoom(45)).toBe(false)
    expect(there()).toEqual({ results: ['live'], uploads: ['live'] })
  })

  it('is not made for what is larger than all of it', async () => {
    const { kept, there } = rig(60)
    expect(await kept.makeRoom(61)).toBe(false)
    expect(there().results).toHaveLength(3)
  })
})

describe('retention', () => {
  it.each([
    ['uploads so long after the end of their last job', { uploadsMs: 3 * hourMs }, 3, ['new', 'live']],
    ['results so long after they came', { resultsMs: hourMs / 2 }, 0, ['old', 'new', 'live']],
  ])('removes %s [L7]', async (_, retention, results, uploads) => {
    const { kept, there, clock } = rig(0, retention)
    kept.start()
    clock.goTo(nowMs)
    await expect.poll(() => clock.pending).toBe(1)
    await kept.stop()
    expect(there()).toEqual({ results: expect.toSatisfy((left: string[]) => left.length === results), uploads })
  })
})
