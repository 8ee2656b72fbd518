import type { Job, JobSpec, LabelSelectorRequirement } from '#models/job.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource, Task } from '#models/task.ts'
import type { ClientVersion } from '../client-version.ts'
import { goJson, goList, goMap, goString, goTextMap, isEmptyMap } from './go-json.ts'
import { encodeNetwork } from './network.ts'

/** A job as a client of this version reads it; order of fields and what is left out as the reference writes them. */
export function encodeJob(job: Job, version: ClientVersion): string {
  return (
    `{"ID":${goString(job.ID)},${specFields(job, version)},"State":${encodeState(job.State)},"Version":${job.Version},` +
    `"Revision":${job.Revision},"CreateTime":${job.CreateTime},"ModifyTime":${job.ModifyTime}${ownFields(job)}}`
  )
}

export function encodeSpecConfig(spec: SpecConfig | null): string {
  if (spec === null) return 'null'
  const params = isEmptyMap(spec.Params) ? '' : `,"Params":${goMap(spec.Params as Record<string, unknown>)}`
  return `{"Type":${goString(spec.Type)}${params}}`
}

/** `StateType` as a word; message and details only when there are some. */
function encodeState(state: { StateType: string; Message?: string; Details?: Record<string, string> }): string {
  return `{"StateType":"${state.StateType}"${stateText(state)}}`
}

/** The optional end of any state. */
export const stateText = (state: { Message?: string; Details?: Record<string, string> }): string =>
  (state.Message ? `,"Message":${goString(state.Message)}` : '') +
  (state.Details && !isEmptyMap(state.Details) ? `,"Details":${goTextMap(state.Details)}` : '')

function specFields(spec: JobSpec, version: ClientVersion): string {
  return (
    `"Name":${goString(spec.Name)},"Namespace":${goString(spec.Namespace)},"Type":${goString(spec.Type)},` +
    `"Priority":${spec.Priority},"Count":${spec.Count},"Constraints":${goList(spec.Constraints.map(constraintText))},` +
    `"Meta":${goTextMap(spec.Meta)},"Labels":${goTextMap(spec.Labels)},` +
    `"Tasks":${goList(spec.Tasks.map((task) => encodeTask(task, version)))}`
  )
}

/** Fields the reference does not have, at the end, and only when they say something. */
function ownFields(spec: JobSpec): string {
  const { MaxPerNode, Reschedule, Disconnect, Delivery } = spec
  if (!MaxPerNode && !Reschedule && !Disconnect && !Delivery) return ''
  return [
    MaxPerNode ? `,"MaxPerNode":${MaxPerNode}` : '',
    Reschedule ? `,"Reschedule":${goJson(Reschedule)}` : '',
    Disconnect ? `,"Disconnect":${goJson(Disconnect)}` : '',
    Delivery ? `,"Delivery":"${Delivery}"` : '',
  ].join('')
}

function constraintText({ Key, Operator, Values }: LabelSelectorRequirement): string {
  const values = Values && Values.length > 0 ? `,"Values":${goList(Values.map(goString))}` : ''
  return `{"Key":${goString(Key)},"Operator":${goString(Operator)}${values}}`
}

function encodeTask(task: Task, version: ClientVersion): string {
  let text = `{"Name":${goString(task.Name)},"Engine":${encodeSpecConfig(task.Engine)}`
  text += `,"Publisher":${encodeSpecConfig(task.Publisher)}`
  if (!isEmptyMap(task.Env)) text += `,"Env":${goTextMap(task.Env)}`
  if (!isEmptyMap(task.Meta)) text += `,"Meta":${goTextMap(task.Meta)}`
  if (task.InputSources.length > 0) text += `,"InputSources":${goList(task.InputSources.map(inputText))}`
  if (task.ResultPaths.length > 0) text += `,"ResultPaths":${goJson(task.ResultPaths)}`
  text += `,"Resources":${filledFields(task.Resources, ['CPU', 'Memory', 'Disk', 'GPU'])}`
  text += `,"Network":${encodeNetwork(task.Network, version)}`
  text += `,"Timeouts":${filledFields(task.Timeouts, ['ExecutionTimeout', 'QueueTimeout', 'TotalTimeout'])}`
  if (task.FailOnExitCode) text += ',"FailOnExitCode":true'
  if (task.PublishOnFailure) text += ',"PublishOnFailure":true'
  if (task.StopGrace !== undefined) text += `,"StopGrace":${task.StopGrace}`
  return `${text}}`
}

const inputText = ({ Source, Alias, Target }: InputSource): string =>
  `{"Source":${encodeSpecConfig(Source)},"Alias":${goString(Alias)},"Target":${goString(Target)}}`

/** The named fields that are neither absent, zero nor empty. */
function filledFields<Name extends string>(
  fields: { [Each in Name]?: string | number | bigint },
  names: readonly Name[],
): string {
  let text = ''
  for (const name of names) {
    const value = fields[name]
    if (!value) continue
    text += `${text === '' ? '' : ','}"${name}":${typeof value === 'string' ? goString(value) : value}`
  }
  return `{${text}}`
}
