import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { RunningProgram, RunRequest } from '#contracts/engine.ts'
import { allocatedOf } from '#models/execution.ts'
import type { Gpu } from '#models/resources.ts'
import { startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { until } from '../kit/until.ts'

let cluster: Awaited<ReturnType<typeof startHybrid>>
afterEach(() => cluster.stop())

const gpu = (Vendor: string, Index: number): Gpu => ({ Index, Name: 'X', Vendor, Memory: 1, PCIAddress: '' })
const withGpus = (GPUs: Gpu[]) => ({ CPU: 4, Memory: 4e9, Disk: 4e9, GPU: GPUs.length, GPUs })
const [task] = jobSpec().Tasks
const asking = (GPU: string) => ({ Tasks: [{ ...task!, Resources: { GPU } }] })

it('a job gets GPUs of the vendor it asks for, and more than the node has of it are refused with the reason [R145, W34]', async () => {
  const engine = new ScriptedEngine('noop')
  cluster = await startHybrid({ engines: [engine], capacity: withGpus([gpu('Intel', 0), gpu('NVIDIA', 0)]) })
  const Constraints = [{ Key: 'GPU-NVIDIA', Operator: 'exists' as const, Values: [] }]
  const submit = (GPU: string) => submitSpec(cluster.jobs, { Constraints, ...asking(GPU) })
  expect((await endOf(cluster.jobs, await submit('1'))).State.StateType).toBe('Completed')
  expect(engine.starts.map(({ resources }) => resources.GPUs)).toEqual([[gpu('NVIDIA', 0)]])
  const { State } = await endOf(cluster.jobs, await submit('2'))
  expect(State).toMatchObject({
    StateType: 'Failed',
    Message: expect.stringContaining('job requires more GPUs of NVIDIA (2) than the maximum available (1)'),
  })
})

it('a job that would do with any GPU leaves those of the scarcer vendor, and is shown with its own [R145, I5]', async () => {
  const engine = new ScriptedEngine('noop', () => new Promise(() => {}))
  const GPUs = [gpu('AMD/ATI', 0), gpu('NVIDIA', 0), gpu('NVIDIA', 1)]
  cluster = await startHybrid({ engines: [engine], capacity: withGpus(GPUs) })
  const any = await submitSpec(cluster.jobs, asking('1'))
  const Constraints = [{ Key: 'GPU-AMD', Operator: 'exists' as const, Values: [] }]
  await submitSpec(cluster.jobs, { Constraints, ...asking('1') })
  await until('both run', () => engine.starts.length === 2)
  const byJob = new Map(engine.starts.map(({ jobId, resources }) => [jobId, resources.GPUs]))
  expect(byJob.get(any)).toEqual([gpu('NVIDIA', 0)])
  expect([...byJob.values()]).toContainEqual([gpu('AMD/ATI', 0)])
  const waiting = await submitSpec(cluster.jobs, { Constraints, ...asking('1') })
  await until(
    'it waits with the orchestrator',
    async () => (await cluster.store.job(waiting))?.State.StateType === 'Queued',
  )
  const [execution] = await cluster.store.executionsOfJob(any)
  expect(execution && allocatedOf(execution)?.GPUs).toEqual([gpu('NVIDIA', 0)])
})

/** Programs of this kind outlive the node. */
class LastingEngine extends ScriptedEngine {
  override attach(request: RunRequest): Promise<RunningProgram> {
    return this.start(request)
  }
}

it('a program that outlived its node still has its GPU, and nobody else gets it [R145, X14]', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-gpus-'))
  const open = async () => {
    const engine = new LastingEngine('noop', () => new Promise(() => {}))
    const capacity = withGpus([gpu('NVIDIA', 0), gpu('NVIDIA', 1)])
    // Its own node is back at once, but not on every machine within the time that tests usually give.
    const settings = { settleMs: 60_000 }
    cluster = await startHybrid({ engines: [engine], capacity, settings, databasePath: join(folder, 'state.db') })
    return engine
  }
  const before = await open()
  const [first] = [await submitSpec(cluster.jobs, asking('1')), await submitSpec(cluster.jobs, asking('1'))]
  await until('both run', () => before.starts.length === 2)
  const freed = before.starts.find(({ jobId }) => jobId === first)?.resources.GPUs
  await cluster.jobs.stop(first!, '')
  await endOf(cluster.jobs, first!)
  await cluster.stop()
  const after = await open()
  await until('one is held again', () => after.starts.length === 1)
  await submitSpec(cluster.jobs, asking('1'))
  await until('the new one has the other', () => after.starts.length === 2)
  expect(after.starts[1]?.resources.GPUs).toEqual(freed)
  rmSync(folder, { recursive: true })
})
