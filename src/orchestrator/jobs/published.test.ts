import { expect, it } from 'vitest'
import type { Execution } from '#models/execution.ts'
import { publishedExecutions } from './published.ts'

let made = 0
const execution = (StateType: string, PartitionIndex: number, isPublished = true, NodeID = 'n'): Execution =>
  ({
    ID: `e-${made}`,
    NodeID,
    PartitionIndex,
    ComputeState: { StateType },
    PublishedResult: isPublished ? { Type: 'link' } : null,
    CreateTime: BigInt(made++),
  }) as Execution

it('the results of a job are what completed, and of a partition that never did what its last failure has left', () => {
  const first = execution('Failed', 0)
  const completed = execution('Completed', 0)
  const [older, newer, bare] = [execution('Failed', 1), execution('Failed', 1), execution('Failed', 1, false)]
  const all = [first, completed, older, newer, bare, execution('Cancelled', 2), execution('Completed', 3, false)]
  expect(publishedExecutions({ Type: 'batch' }, all)).toEqual([completed, newer])
})

it('of an ops job each node has its own', () => {
  const all = [execution('Completed', 0, true, 'a'), execution('Failed', 0, true, 'b')]
  expect(publishedExecutions({ Type: 'ops' }, all)).toEqual(all)
})
