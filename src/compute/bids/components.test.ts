import { expect, it } from 'vitest'
import type { Engine } from '#contracts/engine.ts'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { type Gpu, noResources } from '#models/resources.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { Registry } from '../registry.ts'
import type { BidContext } from './bid-rule.ts'
import { engineRule } from './components.ts'

it('an engine that hangs while it is asked about a job is waited for until it is found not to work', async () => {
  let works: Verdict = yes
  const accepts = (_engine: unknown, _network: unknown, signal: AbortSignal) =>
    new Promise<Verdict>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const engine = { type: 'docker', isInstalled: async () => works, accepts }
  const engines = new Registry(new StepClock(), [engine], () => ['docker'])
  await engines.ask(engine)
  const task = { Engine: { Type: 'docker' }, Network: { Type: 'None' } }
  const signal = new AbortController().signal
  const answer = engineRule({ task, registries: { engines }, signal } as unknown as BidContext)
  works = no('no answer within 10 s')
  await new Promise((resolve) => setImmediate(resolve))
  await engines.ask(engine)
  expect(await answer).toMatchObject({ isYes: false, reason: expect.stringContaining('no answer within 10 s') })
})

it('GPUs that the engine hands in to no program are no reason to take a job that would get them [R145]', async () => {
  const gpu = (Vendor: string): Gpu => ({ Index: 0, Name: 'g', Vendor, Memory: 1, PCIAddress: '' })
  const none = no('hands in none')
  const engine = partOf<Engine>({
    type: 'docker',
    isInstalled: async () => yes,
    accepts: async () => yes,
    handsIn: async ({ Vendor }) => (Vendor === 'NVIDIA' ? none : yes),
  })
  const engines = new Registry(new StepClock(), [engine], () => ['docker'])
  await engines.ask(engine)
  const verdict = (GPU: string, mayHave: BidContext['mayHave']) => {
    const task = { Engine: { Type: 'docker', Params: {} }, Resources: { GPU } }
    const maxPerJob = () => ({ ...noResources(), GPU: 2, GPUs: [gpu('NVIDIA'), gpu('Intel')] })
    const settings = { maxPerJob, defaultResources: noResources() }
    const signal = new AbortController().signal
    return engineRule(partOf<BidContext>({ task, settings, mayHave, registries: { engines }, signal }))
  }
  const isOf = (vendor: string) => (each: Gpu) => each.Vendor === vendor
  expect(await verdict('1', isOf('NVIDIA'))).toEqual(none)
  expect(await verdict('2', () => true)).toEqual(none)
  expect(await verdict('1', isOf('Intel'))).toEqual(yes)
  expect(await verdict('1', () => true)).toEqual(yes)
  expect(await verdict('', isOf('NVIDIA'))).toEqual(yes)
})
