import { expect, it } from 'vitest'
import type { Exit } from '#contracts/engine.ts'
import type { Task } from '#models/task.ts'
import { startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { until } from '../kit/until.ts'

const gibibyte = 1024 ** 3
const task = jobSpec().Tasks[0] as Task
/** Each asks for something else, so that they wait in lines of their own; only one has room at a time. */
const big = (name: string, Priority: number, memory: number) => ({
  Name: name,
  Priority,
  Tasks: [{ ...task, Env: { NAME: name }, Resources: { CPU: '3', Memory: `${memory}Mb` } }],
})

it('of jobs that wait for the same room the most important starts first, whatever each asks for [R108, W25]', async () => {
  const order: string[] = []
  const ends: (() => void)[] = []
  const engine = new ScriptedEngine('noop', ({ env }) => {
    order.push(env['NAME'] ?? '')
    return new Promise<Exit>((resolve) => ends.push(() => resolve({ exitCode: 0 })))
  })
  const cluster = await startHybrid({
    engines: [engine],
    capacity: { CPU: 4, Memory: 8 * gibibyte, Disk: gibibyte, GPU: 0 },
  })
  const names = [
    ['first', 0, 100],
    ['low', 1, 200],
    ['high', 9, 300],
    ['middle', 5, 400],
  ] as const
  const ids = []
  for (const [name, priority, memory] of names) ids.push(await submitSpec(cluster.jobs, big(name, priority, memory)))
  for (let count = 1; count <= names.length; count++) {
    await until('the next runs', () => order.length === count)
    ends.at(-1)?.()
  }
  for (const id of ids) expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
  expect(order).toEqual(['first', 'high', 'middle', 'low'])
  await cluster.stop()
})
