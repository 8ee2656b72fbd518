import { expect, it } from 'vitest'
import { aJob, anExecution } from '../../test/contracts/store-fixtures.ts'
import { effectOf } from './report-effect.ts'

it('an execution that a node refused keeps what would cure it', () => {
  const asked = anExecution(1, { ComputeState: { StateType: 'AskForBid' } })
  const Event = { Message: 'no', Topic: 'Requesting Node', Timestamp: 7n, Details: { Hint: 'another port' } }
  const Body = { ExecutionID: asked.ID, Epoch: 1, IsAccepted: false, Event }
  const effect = effectOf(asked, aJob(1), { Kind: 'BidResult', Body }, 8n)
  expect(effect?.after.ComputeState).toEqual({
    StateType: 'AskForBidRejected',
    Message: 'no',
    Details: { Hint: 'another port' },
  })
  expect(effect?.lines.map((line) => line.Event)).toEqual([Event])
})
