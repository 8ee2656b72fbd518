import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import type { Script } from '../kit/scripted-engine.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'

let cluster: Awaited<ReturnType<typeof startHybrid>>
afterEach(() => cluster.stop())

const [task] = jobSpec().Tasks
const mebibyte = 1024 ** 2

/** Needs 300 MiB. */
const greedy: Script = ({ resources }) =>
  resources.Memory < 300 * mebibyte
    ? { exitCode: 137, failure: { message: 'memory limit exceeded', class: 'resource', lacks: 'memory' } }
    : { exitCode: 0 }

it('a program that runs out of memory gets more of it in its next attempts, where its job asks for that [F2, R104]', async () => {
  const engine = new ScriptedEngine('noop', greedy)
  cluster = await startHybrid({ engines: [engine] })
  const asked = { Tasks: [{ ...task!, Resources: { Memory: '100MiB' } }] }
  const plain = await endOf(cluster.jobs, await submitSpec(cluster.jobs, asked))
  expect(plain.State.Message).toMatch(/memory limit exceeded\n.*class resource is not tried again/)
  const Reschedule = { Attempts: 4, Delay: 0, MoreMemory: 100 }
  const id = await submitSpec(cluster.jobs, { ...asked, Reschedule })
  expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
  expect(engine.starts.map(({ resources }) => resources.Memory / mebibyte)).toEqual([100, 100, 200, 400])
  const { items } = await cluster.jobs.history(id, 'since-1.5', 0, 100)
  expect(items.map(({ Event }) => Event.Message)).toContain(
    'Attempt 1 of 4 failed (resource), the next follows as soon as a node can take it, with 210 MB of memory',
  )
})

it('an orchestrator that is started again knows which of its nodes are in trouble [F2, W27]', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-trouble-'))
  const broken: Script = () => ({ exitCode: -1, failure: { message: 'it broke', class: 'node' } })
  const open = async () => {
    cluster = await startHybrid({
      engines: [new ScriptedEngine('noop', broken)],
      databasePath: join(folder, 'state.db'),
    })
  }
  await open()
  for (let count = 0; count < 3; count++)
    await endOf(cluster.jobs, await submitSpec(cluster.jobs, { Reschedule: { Attempts: 1 } }))
  const troubleOf = async () => (await cluster.orchestrator.nodes.list()).map(({ Trouble }) => Trouble)
  expect(await troubleOf()).toEqual([3])
  await cluster.stop()
  await open()
  expect(await troubleOf()).toEqual([3])
  rmSync(folder, { recursive: true })
})
