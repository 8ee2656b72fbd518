import type { Execution, RunCommandResult } from '#models/execution.ts'
import { computeStateNumber, desiredStateNumber, oldComputeStateNumber } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import type { ClientVersion } from '../client-version.ts'
import { since } from '../client-version.ts'
import { goString } from './go-json.ts'
import { encodeJob, encodeSpecConfig, stateText } from './job.ts'
import { encodeResources } from './node.ts'

/** An execution, with the job version it belongs to when `job` is given: newer clients and all nodes get that. */
export function encodeExecution(execution: Execution, version: ClientVersion, job?: Job): string {
  const isNew = version >= since.v1_5
  let text = `{"ID":${goString(execution.ID)},"Namespace":${goString(execution.Namespace)}`
  text += `,"EvalID":${goString(execution.EvalID)},"Name":${goString(execution.Name)},"NodeID":${goString(execution.NodeID)}`
  text += `,"JobID":${goString(execution.JobID)}`
  if (job) text += `,"Job":${encodeJob(job, version)}`
  if (isNew) text += `,"JobVersion":${execution.JobVersion}`
  text += `,"AllocatedResources":{"Tasks":${allocatedText(execution)}}`
  text += `,"DesiredState":{"StateType":${desiredStateNumber(execution.DesiredState.StateType)}`
  text += `${stateText(execution.DesiredState)}},"ComputeState":{"StateType":${stateNumberFor(version)(execution.ComputeState.StateType)}`
  text += `${stateText(execution.ComputeState)}}`
  text += `,"PublishedResult":${encodeSpecConfig(execution.PublishedResult)}`
  text += `,"RunOutput":${execution.RunOutput === null ? 'null' : encodeRunOutput(execution.RunOutput)}`
  text += `,"PreviousExecution":${goString(execution.PreviousExecution)}`
  text += `,"NextExecution":${goString(execution.NextExecution)},"FollowupEvalID":${goString(execution.FollowupEvalID)}`
  if (execution.PartitionIndex !== 0) text += `,"PartitionIndex":${execution.PartitionIndex}`
  text += `,"Revision":${execution.Revision},"CreateTime":${execution.CreateTime},"ModifyTime":${execution.ModifyTime}`
  return `${text}${ownFields(execution)}}`
}

/** States have other numbers before 1.5.2; a wrong one is shown silently as another state. */
export const stateNumberFor = (version: ClientVersion): typeof computeStateNumber =>
  version >= since.v1_5_2 ? computeStateNumber : oldComputeStateNumber

function allocatedText({ AllocatedResources: { Tasks } }: Execution): string {
  const tasks = Object.keys(Tasks).sort()
  return `{${tasks.map((name) => `${goString(name)}:${encodeResources(Tasks[name])}`).join(',')}}`
}

export const encodeRunOutput = (output: RunCommandResult): string =>
  `{"Stdout":${goString(output.Stdout)},"StdoutTruncated":${output.StdoutTruncated},"stderr":${goString(output.stderr)},` +
  `"StderrTruncated":${output.StderrTruncated},"ExitCode":${output.ExitCode},"ErrorMsg":${goString(output.ErrorMsg)}}`

const ownFields = ({ Attempt, Epoch, FailureClass, StartTime, Content, KeptResult }: Execution): string =>
  `,"Attempt":${Attempt},"Epoch":${Epoch}` +
  (FailureClass === '' ? '' : `,"FailureClass":"${FailureClass}"`) +
  (StartTime === 0n ? '' : `,"StartTime":${StartTime}`) +
  (Content ? `,"Content":${goString(Content)}` : '') +
  (KeptResult ? `,"KeptResult":${encodeSpecConfig(KeptResult)}` : '')
