import type { Change } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { NewHistory } from '#models/job-history.ts'
import { execStop, stopTexts } from '../events.ts'
import { executionLine } from '../history-lines.ts'

/** Executions that their node has forgotten: they ended without a result. */
export const lossOf = (live: readonly Execution[], nowNs: bigint): Pick<Change, 'updateExecutions' | 'history'> => {
  const lost = live.map((execution) => lostExecution(execution, nowNs))
  return {
    updateExecutions: lost.map(({ before, after }) => ({
      id: before.ID,
      expectedRevision: before.Revision,
      execution: after,
    })),
    history: lost.map(({ line }) => line),
  }
}

const lostExecution = (before: Execution, nowNs: bigint): { before: Execution; after: Execution; line: NewHistory } => {
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

/** Tells a node to end what it may still hold and nobody wants any more. */
export const takeBack = (nodeId: NodeId, ExecutionID: ExecutionId): NonNullable<Change['outbox']>[number] => ({
  peer: nodeId,
  message: { Kind: 'CancelExecution', Body: { ExecutionID, Reason: 'no longer wanted' } },
})
