import type { Execution } from '#models/execution.ts'
import { hasSameFields } from '../has-same-fields.ts'
import { withoutEmpty } from '../without-empty.ts'
import { wholeExecution } from './short-execution.ts'

/**
 * An execution inside an order, when it is stored itself: its id, and what may have changed since. Thousands of orders that go
 * out at once then take a tenth of the pages. A missing `ModifyTime` is that of its making.
 */
export type OrderedExecution = Pick<Execution, 'ID'> & Partial<Moving>

type Moving = ReturnType<typeof partsOf>['moving']

/** `stored`: as it is by now. Undefined = they do not go back to the same start, so that the order must hold all of it. */
export function orderedExecution(execution: Execution, stored: Execution | undefined): OrderedExecution | undefined {
  const { fixed, moving } = partsOf(execution)
  if (stored !== execution && !(stored && hasSameFields(fixed, partsOf(stored).fixed))) return undefined
  const ModifyTime = moving.ModifyTime === fixed.CreateTime ? undefined : moving.ModifyTime
  return { ID: fixed.ID, ...withoutEmpty({ ...moving, ModifyTime }) }
}

/** `stored` is gone only when its job is. */
export function asOrdered(ordered: OrderedExecution, stored: Execution | undefined): Execution {
  if (!stored) return wholeExecution(ordered)
  const { fixed } = partsOf(stored)
  return wholeExecution({ ...fixed, ModifyTime: fixed.CreateTime, ...ordered })
}

/** What changes in its life, and what stays as it was made. */
function partsOf(execution: Execution) {
  const { DesiredState, ComputeState, PublishedResult, RunOutput, NextExecution, FollowupEvalID, ...others } = execution
  const { Revision, ModifyTime, FailureClass, StartTime, Content, ...fixed } = others
  const ends = { PublishedResult, RunOutput, NextExecution, FollowupEvalID, FailureClass }
  return { fixed, moving: { DesiredState, ComputeState, ...ends, Revision, ModifyTime, StartTime, Content } }
}
