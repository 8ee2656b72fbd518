import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import { isLongRunning, type Job, mainTask } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { Snapshot } from '../snapshot.ts'

/** A start that is still to be told to its node. `earlier` are the attempts of the same partition before it. */
export const newExecution = (
  snapshot: Snapshot,
  nodeId: NodeId,
  partition: number,
  need: Resources,
  earlier: readonly Execution[],
): Execution => ({
  ID: snapshot.newExecutionId(),
  Namespace: snapshot.job.Namespace,
  EvalID: snapshot.evaluationId,
  Name: '',
  NodeID: nodeId,
  JobID: snapshot.job.ID,
  JobVersion: snapshot.job.Version,
  AllocatedResources: { Tasks: { [mainTask(snapshot.job).Name]: need } },
  DesiredState: { StateType: 'Pending' },
  ComputeState: { StateType: 'New' },
  PublishedResult: null,
  RunOutput: null,
  PreviousExecution: '',
  NextExecution: '',
  FollowupEvalID: '',
  PartitionIndex: partition,
  Revision: 1,
  CreateTime: snapshot.nowNs,
  ModifyTime: snapshot.nowNs,
  Attempt: earlier.length + 1,
  Epoch: (earlier.at(-1)?.Epoch ?? 0) + 1,
  FailureClass: '',
  StartTime: 0n,
  ...(snapshot.content ? { Content: snapshot.content } : {}),
  ...keptResult(snapshot.job, earlier),
})

/** The program of an attempt that failed in its publishing only is not to run again: the orchestrator has taken what it left. */
function keptResult(job: Job, earlier: readonly Execution[]): Pick<Execution, 'KeptResult'> {
  if (isLongRunning(job.Type) || typeKey(mainTask(job).Publisher.Type) === 'link') return {}
  const kept = earlier.findLast((each) => each.JobVersion === job.Version && isKept(each.PublishedResult))
  return kept?.PublishedResult ? { KeptResult: kept.PublishedResult } : {}
}

/** Nodes of earlier releases do not tell by which chunks it is asked for. */
const isKept = (result: SpecConfig | null): boolean =>
  typeKey(result?.Type ?? '') === 'link' && result?.Params?.['ChunkListID'] !== undefined
