import { expect, it } from 'vitest'
import type { Exit } from '#contracts/engine.ts'
import type { Task } from '#models/task.ts'
import { startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { until } from '../kit/until.ts'

it('a node is shown with the room it has now, and not with that of its last heartbeat [W36]', async () => {
  const ends: (() => void)[] = []
  const engine = new ScriptedEngine(
    'noop',
    () => new Promise<Exit>((resolve) => ends.push(() => resolve({ exitCode: 0 }))),
  )
  const cluster = await startHybrid({ engines: [engine], capacity: { CPU: 4, Memory: 2 ** 33, Disk: 2 ** 30, GPU: 0 } })
  const task = { ...(jobSpec().Tasks[0] as Task), Resources: { CPU: '3', Memory: '100Mb' } }
  const freeCpu = async () => {
    const { Info } = await cluster.orchestrator.nodes.get('node-0')
    return Info.ComputeNodeInfo?.AvailableCapacity.CPU
  }
  expect(await freeCpu()).toBe(4)
  const id = await submitSpec(cluster.jobs, { Tasks: [task] })
  await until('it runs', () => ends.length === 1)
  expect(await freeCpu()).toBe(1)
  ends[0]?.()
  await endOf(cluster.jobs, id)
  expect(await freeCpu()).toBe(4)
  await cluster.stop()
})
