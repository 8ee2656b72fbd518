import { expect, it } from 'vitest'
import type { Client } from '#client/client.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { Steps } from '../progress/steps.ts'
import { waitForJob } from './wait-for-job.ts'

const away = () => new Fault('ServiceUnavailable', 'connection refused', { isRetryable: true })
const inState = (StateType: string) => ({
  Job: { ID: 'j-1', Type: 'batch', Count: 1, Revision: 1, State: { StateType } },
})

/** Waits with a server that gives these answers, the last one for ever. */
async function waited(answers: readonly (() => unknown)[]) {
  const told = { pauses: [] as number[], silences: [] as string[], text: '' }
  const left = [...answers]
  const get = async () => (left.length > 1 ? left.shift() : left[0])?.()
  const clock = partOf<Clock>({
    monotonicMs: () => 0,
    after: () => ({ stop: () => {} }),
    sleep: async (ms: number) => void told.pauses.push(ms),
  })
  const write = (text: string | Uint8Array) => void (told.text += text)
  const steps = new Steps({ isTerminal: false, canRedraw: false, columns: undefined, write }, clock, 30)
  const parts = {
    client: { jobs: { get } } as unknown as Client,
    clock,
    steps,
    interrupted: new AbortController().signal,
    onSilence: (reason: string) => void told.silences.push(reason),
  }
  const end = await waitForJob('j-1', 60_000, parts).catch((error: unknown) => error)
  return { ...told, end }
}

const fails = (): never => {
  throw away()
}

it('a server that goes away while a job is waited for is asked again, ever more rarely, and that is said once each time', async () => {
  const { end, pauses, silences } = await waited([
    fails,
    () => inState('Pending'),
    fails,
    fails,
    fails,
    () => inState('Completed'),
  ])
  expect(end).toMatchObject({ kind: 'ended', job: { State: { StateType: 'Completed' } } })
  expect(pauses).toEqual([1_000, 1_000, 2_000, 4_000])
  expect(silences).toEqual(['connection refused', 'connection refused'])
})

it('a server that stays away is given up, and the job is said to go on', async () => {
  const { end, pauses, text } = await waited([() => inState('Running'), fails])
  expect(end).toMatchObject({
    message: 'Error getting job: connection refused',
    hint: expect.stringContaining('goes on'),
  })
  expect(pauses.slice(-2)).toEqual([15_000, 15_000])
  expect(pauses).toHaveLength(9)
  expect(text).toContain('err  ❌')
})
