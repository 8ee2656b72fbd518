import { expect, it } from 'vitest'
import type { Engine } from '#contracts/engine.ts'
import { no, yes } from '#contracts/verdict.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { Registry } from './registry.ts'
import { Sweeps } from './sweeps.ts'

it('an engine that is found is swept once more when it has done what was asked of it before [X21]', async () => {
  const clock = new StepClock()
  const seen = { sweeps: 0, logged: [] as string[] }
  let verdict = yes as Awaited<ReturnType<Engine['isInstalled']>>
  const sweep = async () => void seen.sweeps++
  const engine = partOf<Engine>({ type: 'docker', isInstalled: async () => verdict, sweep })
  const engines = new Registry(clock, [engine], () => ['docker'])
  const log = (event: string) => void seen.logged.push(event)
  const sweeps = new Sweeps({ registries: { engines }, clock, log }, { has: () => false })
  const pass = async (ms: number) => {
    clock.goTo(clock.nowAtMs + ms)
    await new Promise((done) => setImmediate(done))
  }
  await sweeps.found(engine, await engines.ask(engine))
  expect(seen.sweeps).toBe(1)
  await pass(30_000)
  await pass(300_000)
  expect(seen.sweeps).toBe(2)

  await sweeps.found(engine, yes)
  verdict = no('gone')
  await engines.ask(engine)
  await pass(30_000)
  expect(seen.sweeps).toBe(3)

  await sweeps.found(engine, yes)
  sweeps.stop()
  await pass(30_000)
  expect(seen).toEqual({ sweeps: 4, logged: [] })

  // One that is found while the node ends keeps it from nothing.
  await sweeps.found(engine, yes)
  expect(clock.pending).toBe(0)
})
