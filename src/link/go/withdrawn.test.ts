import { expect, it } from 'vitest'
import type { Frame, OrchestratorMessage } from '#models/messages/messages.ts'
import { withdrawnIn } from './withdrawn.ts'

const frames = (...words: string[]): Frame<OrchestratorMessage>[] =>
  words.map((word, index) => {
    const [kind, ID] = word.split(' ')
    const Message =
      kind === 'ask'
        ? { Kind: 'AskForBid', Body: { Execution: { ID } } }
        : { Kind: 'CancelExecution', Body: { ExecutionID: ID } }
    return { Seq: index + 7, Message } as Frame<OrchestratorMessage>
  })

it.each([
  [['ask a', 'ask b', 'cancel a'], [7]],
  [['cancel a', 'ask a'], []],
  [['cancel b', 'ask a', 'cancel c'], []],
])('of a batch %j the orders %j are taken back by it', (words, orders) => {
  expect([...withdrawnIn(frames(...words))]).toEqual(orders)
})
