import type { Execution } from '#models/execution.ts'
import type { NewHistory } from '#models/job-history.ts'
import { execStop, stopTexts } from '../events.ts'
import { executionLine } from '../history-lines.ts'

/** An execution whose node has forgotten it: ended without a result; nobody is left to be told. */
export const lostExecution = (
  before: Execution,
  nowNs: bigint,
): { before: Execution; after: Execution; line: NewHistory } => {
  const after: Execution = {
    ...before,
    DesiredState: { StateType: 'Stopped', Message: stopTexts.nodeGone },
    ComputeState: { StateType: 'Failed', Message: stopTexts.nodeGone },
    FailureClass: 'lost',
    Revision: before.Revision + 1,
    ModifyTime: nowNs,
  }
  const line = executionLine(after, {
    previous: before.ComputeState.StateType,
    next: 'Failed',
    revision: after.Revision,
    event: execStop(nowNs, stopTexts.nodeGone),
  })
  return { before, after, line }
}
