import { afterEach, expect, it } from 'vitest'
import type { Gpu } from '#models/resources.ts'
import { startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'

let cluster: Awaited<ReturnType<typeof startHybrid>>
afterEach(() => cluster.stop())

const gpu = (Vendor: string, Index: number): Gpu => ({ Index, Name: 'X', Vendor, Memory: 1, PCIAddress: '' })

it('a job gets GPUs of the vendor it asks for, and more than the node has of it are declined with the reason [R145]', async () => {
  const engine = new ScriptedEngine('noop')
  const GPUs = [gpu('Intel', 0), gpu('NVIDIA', 0)]
  const capacity = { CPU: 4, Memory: 4e9, Disk: 4e9, GPU: 2, GPUs }
  cluster = await startHybrid({ engines: [engine], capacity })
  const [task] = jobSpec().Tasks
  const asking = (GPU: string) =>
    submitSpec(cluster.jobs, {
      Constraints: [{ Key: 'GPU-NVIDIA', Operator: 'exists', Values: [] }],
      Tasks: [{ ...task!, Resources: { GPU } }],
    })
  expect((await endOf(cluster.jobs, await asking('1'))).State.StateType).toBe('Completed')
  expect(engine.starts.map(({ resources }) => resources.GPUs)).toEqual([[gpu('NVIDIA', 0)]])
  const { State } = await endOf(cluster.jobs, await asking('2'))
  expect(State).toMatchObject({ StateType: 'Failed', Message: expect.stringMatching(/GPU: 2}, available: .*GPU: 1}/) })
})
