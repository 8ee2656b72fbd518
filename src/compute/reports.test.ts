import { expect, it } from 'vitest'
import { someWork } from '../../test/contracts/store-fixtures.ts'
import { bidDeclined } from './reports.ts'

it('tells with a refusal what would cure it, when that is known', () => {
  const told = (cure: string) => bidDeclined(someWork(1), { kind: 'declined', reason: 'rejected bid: no', cure }, 7n)
  const Event = { Message: 'rejected bid: no', Topic: 'Requesting Node', Timestamp: 7n }
  expect(told('').Body).toMatchObject({ IsAccepted: false, Event })
  expect(told('').Body).not.toHaveProperty('Event.Details')
  expect(told('another port').Body).toMatchObject({ Event: { ...Event, Details: { Hint: 'another port' } } })
})
