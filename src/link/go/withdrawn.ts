import type { ExecutionId } from '#models/ids.ts'
import type { Frame, OrchestratorMessage } from '#models/messages/messages.ts'

/**
 * Orders of a batch that it takes back itself, because the node could not be reached in between: a Go node would start
 * each before it reads on.
 */
export function withdrawnIn(frames: readonly Frame<OrchestratorMessage>[]): ReadonlySet<number> {
  const asked = new Map<ExecutionId, number>()
  const withdrawn = new Set<number>()
  for (const { Seq, Message } of frames) {
    if (Message.Kind === 'AskForBid') asked.set(Message.Body.Execution.ID, Seq)
    const order = Message.Kind === 'CancelExecution' ? asked.get(Message.Body.ExecutionID) : undefined
    if (order !== undefined) withdrawn.add(order)
  }
  return withdrawn
}
