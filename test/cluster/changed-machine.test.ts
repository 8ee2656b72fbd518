import { expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()
const room = (CPU: number, GPUs: Gpu[] = []): Resources => ({
  CPU,
  Memory: 8e9,
  Disk: 8e9,
  GPU: GPUs.length,
  ...(GPUs.length > 0 ? { GPUs } : {}),
})
const [task] = jobSpec().Tasks
const asking = (CPU: string) => ({ Tasks: [{ ...task!, Resources: { CPU } }] })

/** A node of two CPUs whose programs run until they are let go. */
async function cluster() {
  const orchestrator = started(await startOrchestrator())
  const letGo: (() => void)[] = []
  const engine = new ScriptedEngine('noop', () => new Promise((resolve) => letGo.push(() => resolve({ exitCode: 0 }))))
  const node = started(await joinCompute(orchestrator.port, 'n-1', { engines: [engine], capacity: room(2) }))
  await until('it has joined', async () =>
    (await orchestrator.nodes.list()).some(({ ConnectionState: { Status } }) => Status === 'CONNECTED'),
  )
  const offer = (capacity: Resources, labels = {}) =>
    node.compute.setLiveFacts({ capacity, labels, maxPerJob: capacity })
  return { ...orchestrator, engine, letGo, offer }
}

it('what waits for room starts when its machine has more, and no more than that [R121, R206, W28]', async () => {
  const { jobs, engine, offer } = await cluster()
  const ids = [
    await submitSpec(jobs, asking('2')),
    await submitSpec(jobs, asking('2')),
    await submitSpec(jobs, asking('2')),
  ]
  await until('one runs', () => engine.starts.length === 1)
  const before = performance.now()
  await offer(room(4.5))
  await until('a second one runs', () => engine.starts.length === 2)
  expect(performance.now() - before, 'the change woke it, no timer').toBeLessThan(10_000)
  await until('two of them are known to run, and the third waits', async () => {
    const states = (await Promise.all(ids.map((id) => jobs.get(id)))).map(({ State }) => State.StateType)
    return states.sort().join() === 'Queued,Running,Running'
  })
  expect(engine.starts).toHaveLength(2)
})

it('what runs goes on when its machine has less, and what comes then is told so [R206, I5]', async () => {
  const { jobs, nodes, engine, letGo, offer } = await cluster()
  const first = await submitSpec(jobs, asking('2'))
  await until('it runs', () => engine.starts.length === 1)
  await offer(room(1))
  const second = await endOf(jobs, await submitSpec(jobs, asking('2')))
  expect(second.State.Message).toMatch(/^not enough nodes to run job\. .*\n• Node n-1: node busy/)
  expect((await nodes.get('n-1' as NodeId)).Info.ComputeNodeInfo?.MaxCapacity.CPU).toBe(1)
  letGo[0]?.()
  expect((await endOf(jobs, first)).State.StateType).toBe('Completed')
})

it('a daemon comes with a GPU of the vendor it asks for, and leaves with it [R100, R120, W28]', async () => {
  const { jobs, engine, offer } = await cluster()
  const gpu: Gpu = { Index: 0, Name: 'T4', Vendor: 'NVIDIA', Memory: 1, PCIAddress: '' }
  const Constraints = [{ Key: 'GPU-NVIDIA', Operator: 'exists' as const, Values: [] }]
  const id = await submitSpec(jobs, { Type: 'daemon', Constraints })
  await offer(room(2, [gpu]))
  await until('it runs', () => engine.starts.length === 1)
  await offer(room(2))
  await expect
    .poll(async () => (await jobs.executions(id)).map(({ ComputeState }) => ComputeState.StateType))
    .toEqual(['Cancelled'])
})
