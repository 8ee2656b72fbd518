import { expect, it } from 'vitest'
import type { ShownExecution } from '#api/decode/execution.ts'
import { thatCount } from './results-of.ts'

const execution = (ID: string, PartitionIndex: number, CreateTime: bigint, StateType: string) =>
  ({ ID, PartitionIndex, CreateTime, ComputeState: { StateType } }) as unknown as ShownExecution

it('of a partition that was tried again the attempt counts that completed, else the last', () => {
  const executions = [
    execution('completed-at-last', 0, 3n, 'Completed'),
    execution('failed-first', 0, 1n, 'Failed'),
    execution('failed-last', 1, 9n, 'Failed'),
    execution('failed-before', 1, 8n, 'Failed'),
    execution('only', 2, 4n, 'Completed'),
    execution('given-up-later', 2, 5n, 'AskForBidRejected'),
  ]
  expect(thatCount(executions).map(({ ID }) => ID)).toEqual(['completed-at-last', 'failed-last', 'only'])
})
