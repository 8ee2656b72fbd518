import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Publisher } from '#contracts/publisher.ts'
import { yes } from '#contracts/verdict.ts'
import type { JobId } from '#models/ids.ts'
import { startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { submitSpec } from '../kit/jobs.ts'
import { LastingEngine } from '../kit/lasting-engine.ts'
import { until } from '../kit/until.ts'

/** Takes nothing until it is broken off. */
class SlowPublisher implements Publisher {
  readonly type = 'local'
  asked = 0
  isInstalled = async () => yes
  accepts = async () => yes
  publish = (_request: unknown, signal: AbortSignal): Promise<never> => {
    this.asked++
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
}

let folder: string
let cluster: Awaited<ReturnType<typeof startHybrid>>
const open = async (engine: LastingEngine, publishers: Publisher[] = []): Promise<LastingEngine> => {
  // Its own node is back at once, but not on every machine within the time that tests usually give.
  const settings = { settleMs: 60_000 }
  cluster = await startHybrid({ engines: [engine], publishers, settings, databasePath: join(folder, 'state.db') })
  return engine
}
const stateOf = async (id: JobId) => (await cluster.store.executionsOfJob(id))[0]?.ComputeState.StateType

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bacalhau-leaving-'))
})
afterEach(async () => {
  await cluster.stop()
  rmSync(folder, { recursive: true })
})

it('a node that leaves does not wait for a program that is being stopped: its next life stops it [R200]', async () => {
  const before = await open(new LastingEngine('noop'))
  const id = await submitSpec(cluster.jobs)
  await until('it runs', () => before.starts.length === 1)
  await cluster.jobs.stop(id, '')
  await until('it is asked to stop', () => before.stops === 1)
  await cluster.stop()

  const after = await open(new LastingEngine('noop'))
  await until('it is asked again', () => after.stops === 1)
  expect([after.starts.length, await stateOf(id)]).toEqual([0, 'Running'])
  after.end()
  await until('it has ended', async () => (await stateOf(id)) === 'Cancelled')
})

it('a program that is to be stopped while its engine looks for it is stopped when it is found', async () => {
  const before = await open(new LastingEngine('noop'))
  const id = await submitSpec(cluster.jobs)
  await until('it runs', () => before.starts.length === 1)
  await cluster.stop()

  const after = new LastingEngine('noop')
  const found = Promise.withResolvers<void>()
  after.found = found.promise
  await open(after)
  await until('it is looked for', () => after.attaches.length === 1)
  await cluster.jobs.stop(id, '')
  await until('the order is there', async () => (await cluster.store.outbox('node-0', 0, 10)).length === 0)
  found.resolve()
  await until('it is asked to stop', () => after.stops === 1)
  after.end()
  await until('it has ended', async () => (await stateOf(id)) === 'Cancelled')
})

it('a node that leaves does not wait for what a program has left after its time was over', async () => {
  const [task] = jobSpec().Tasks
  const timed = {
    ...task!,
    Timeouts: { ExecutionTimeout: 1n },
    PublishOnFailure: true,
    Publisher: { Type: 'local', Params: {} },
  }
  const publisher = new SlowPublisher()
  const engine = await open(new LastingEngine('noop'), [publisher])
  const id = await submitSpec(cluster.jobs, { Tasks: [timed] })
  await until('it is asked to stop', () => engine.stops === 1)
  engine.end()
  await until('its result is published', () => publisher.asked === 1)
  await cluster.stop()
  await open(engine, [publisher])
  await until('it is published again', () => publisher.asked === 2)
  expect(await stateOf(id)).toBe('Running')
  const { items } = await cluster.jobs.history(id, 'since-1.5', 0, 100)
  expect(items.filter(({ Event }) => Event.Message.includes('is not kept'))).toEqual([])
})
