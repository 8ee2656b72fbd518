import { describe, expect, it } from 'vitest'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { Availability } from './availability.ts'
import { type Installable, type Registries, Registry } from './registry.ts'

const nothing = <Component extends Installable>(clock: StepClock) => new Registry<Component>(clock, [], () => [])

async function watched(first: Verdict) {
  const clock = new StepClock()
  const asked: number[] = []
  const changes: [atMs: number, isYes: boolean][] = []
  const engine = {
    type: 'docker',
    says: first,
    isInstalled: async () => {
      asked.push(clock.nowAtMs)
      return engine.says
    },
  }
  const engines = new Registry(clock, [engine], () => ['docker'])
  const registries = { engines, storages: nothing(clock), publishers: nothing(clock) } as unknown as Registries
  const availability = new Availability(clock, registries, (_, { isYes }) => changes.push([clock.nowAtMs, isYes]))
  await engines.verdict(engine)
  await availability.start()
  const passTo = async (timeMs: number) => {
    while (clock.nowAtMs < timeMs) {
      clock.goTo(clock.nowAtMs + 500)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { engine, engines, asked, changes, availability, clock, passTo }
}

describe('Availability', () => {
  it('notices within seconds that an engine has gone, and that it is back [X15]', async () => {
    const { engine, engines, changes, passTo } = await watched(yes)
    await passTo(12_000)
    engine.says = no('gone')
    await passTo(20_000)
    expect(await engines.installed()).toEqual([])
    expect(await engines.unavailable()).toEqual({ docker: 'gone' })
    engine.says = yes
    await passTo(26_000)
    expect(await engines.installed()).toEqual(['docker'])
    expect(changes.map(([, isYes]) => isYes)).toEqual([false, true])
  })

  it('asks one that has just gone sooner, and then ever less often [X15]', async () => {
    const { engine, asked, passTo } = await watched(yes)
    engine.says = no('gone')
    await passTo(30_000)
    const pauses = asked.slice(1).map((atMs, i) => atMs - (asked[i] ?? 0))
    expect(pauses.slice(0, 6)).toEqual([5000, 1000, 2000, 4000, 5000, 5000])
  })

  it('notices also what a bid has found to be gone, which is asked soon whether it is back [X15]', async () => {
    const { engine, engines, changes, passTo } = await watched(yes)
    await passTo(1_000)
    engine.says = no('gone')
    await engines.ask(engine)
    engine.says = yes
    await passTo(10_000)
    expect(changes).toEqual([
      [1_000, false],
      [2_000, true],
    ])
  })

  it('asks nobody any more once it is stopped', async () => {
    const { availability, clock } = await watched(yes)
    await availability.stop()
    expect(clock.pending).toBe(0)
  })
})
