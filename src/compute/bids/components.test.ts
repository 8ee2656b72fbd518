import { expect, it } from 'vitest'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
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
