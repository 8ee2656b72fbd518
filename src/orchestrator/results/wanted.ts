import type { Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import { mainTask } from '#models/job.ts'
import { typeKey } from '#models/spec-config.ts'

/**
 * The execution whose result a node has for a publisher of the orchestrator's, when its partition counts on it: one that was
 * replaced or stopped publishes nothing (I3). `link` also takes what the publisher of the job did not. Throws a Fault otherwise.
 */
export async function wantedExecution(
  store: Store,
  nodeId: NodeId,
  executionId: ExecutionId,
  publisher: 'link' | 's3managed',
): Promise<Execution> {
  const execution = await store.execution(executionId)
  const job = execution && (await store.jobVersion(execution.JobID, execution.JobVersion))
  const isWanted =
    job &&
    execution.NodeID === nodeId &&
    execution.DesiredState.StateType !== 'Stopped' &&
    !isTerminalExecution(execution.ComputeState.StateType) &&
    takes(publisher, typeKey(mainTask(job).Publisher.Type))
  if (isWanted) return execution
  throw new Fault('Conflict', `nobody waits for a result of ${executionId} from this node`)
}

const takes = (publisher: 'link' | 's3managed', wanted: string): boolean =>
  publisher === 'link' ? wanted !== '' : wanted === publisher
