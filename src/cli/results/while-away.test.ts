import { expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import { awayText, whileAway } from './while-away.ts'

const away = () => new Fault('ServiceUnavailable', 'connection refused', { component: 'Client', isRetryable: true })

/** Asks for what each answer gives, the last one again and again; pauses pass at once. */
async function asked(answers: (() => string)[]) {
  const clock = new StepClock()
  clock.sleep = async (delayMs) => void (clock.nowAtMs += delayMs)
  const told: string[] = []
  let count = 0
  const { signal } = new AbortController()
  const onAway = (error: unknown) => told.push((error as Error).message)
  const ask = async () => (answers[count++] ?? answers.at(-1))?.()
  const end = await whileAway(ask, { clock, signal, heardAtMs: () => 0, onAway }).catch((error: unknown) => error)
  return { end, told, count, passedMs: clock.nowAtMs }
}
const fails = (error: () => Error) => (): never => {
  throw error()
}

it('a server that is away is asked again until it is back, and that is told', async () => {
  const { end, told, count } = await asked([fails(away), fails(away), () => 'a list'])
  expect([end, told, count]).toEqual(['a list', ['connection refused', 'connection refused'], 3])
})

it('a server that stays away is given up after half a minute', async () => {
  const { end, passedMs } = await asked([fails(away)])
  expect(end).toMatchObject({ message: 'connection refused' })
  expect(passedMs).toBe(30_500)
})

it('what a server has said itself is not asked again', async () => {
  const { end, count } = await asked([fails(() => new Fault('NotFound', 'job not found'))])
  expect([end, count]).toMatchObject([{ message: 'job not found' }, 1])
})

it('that a server is away is told with what may help at once, not only after half a minute', () => {
  const refused = new Fault('ServiceUnavailable', 'connection refused', { hint: 'is a server running?' })
  expect(awayText(refused)).toBe('connection refused; asking again for 30s\nHint: is a server running?')
  expect(awayText(away())).toBe('connection refused; asking again for 30s')
})
