import type { Execution } from '#models/execution.ts'
import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import { withoutEmpty } from '../without-empty.ts'

/** An execution as it is stored: without what is empty, and without a name that is its id. */
export type ShortExecution = Partial<Execution>

export function shortExecution(execution: Partial<Execution>): ShortExecution {
  const short = withoutEmpty(execution)
  short['Name'] = execution.Name === execution.ID ? undefined : execution.Name
  return short
}

export const wholeExecution = (short: ShortExecution): Execution => ({ ...empty(), Name: short.ID ?? '', ...short })

const empty = (): Omit<Execution, 'Name'> => ({
  ID: '' as ExecutionId,
  Namespace: '',
  EvalID: '',
  NodeID: '' as NodeId,
  JobID: '' as JobId,
  JobVersion: 0,
  AllocatedResources: { Tasks: {} },
  DesiredState: { StateType: 'Pending' },
  ComputeState: { StateType: 'Undefined' },
  PublishedResult: null,
  RunOutput: null,
  PreviousExecution: '',
  NextExecution: '',
  FollowupEvalID: '',
  PartitionIndex: 0,
  Revision: 0,
  CreateTime: 0n,
  ModifyTime: 0n,
  Attempt: 0,
  Epoch: 0,
  FailureClass: '',
  StartTime: 0n,
})
