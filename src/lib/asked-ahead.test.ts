import { expect, it } from 'vitest'
import { askedAhead } from './asked-ahead.ts'

it('answers come in the order of the questions, and no more than so many are open', async () => {
  let open = 0
  let most = 0
  const ask = async (question: number): Promise<number> => {
    most = Math.max(most, ++open)
    for (let turn = 0; turn < 10 - question; turn++) await Promise.resolve()
    open--
    return 2 * question
  }
  const answers: number[] = []
  for await (const answer of askedAhead([1, 2, 3, 4, 5], 3, ask)) answers.push(answer)
  expect(answers).toEqual([2, 4, 6, 8, 10])
  expect(most).toBe(3)
})

it('the first answer that fails ends it', async () => {
  const ask = (question: number) => (question > 1 ? Promise.reject(new Error(`no ${question}`)) : Promise.resolve(1))
  const all = async () => {
    for await (const _ of askedAhead([1, 2, 3], 2, ask));
  }
  await expect(all()).rejects.toThrow('no 2')
})
