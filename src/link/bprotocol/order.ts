import { since } from '#api/client-version.ts'
import { parseWire, type Wire } from '#api/decode/wire-json.ts'
import type { Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { metaKeys } from '#models/job.ts'
import { isRecord, recordOf } from '../go/checked.ts'
import { goOrder } from '../go/execution.ts'
import { ownAddress } from './own-address.ts'

const networkWords = ['None', 'Full', 'HTTP']

/** AskForBid as nodes of 1.4 read it: placement is decided already, so it starts at once. It calls back where the order says it is from. */
export function askForBid(orchestratorId: string, execution: Execution, job: Job): string {
  const Meta = { ...job.Meta, [metaKeys.requesterId]: orchestratorId, [metaKeys.orchestratorId]: orchestratorId }
  const order = goOrder(execution, { ...job, Meta }, 'Running', since.v1_4)
  return `{${peers(ownAddress(orchestratorId, execution.NodeID), execution.NodeID)},"Execution":${order},"WaitForApproval":false}`
}

export const cancelExecution = (orchestratorId: string, nodeId: NodeId, executionId: string, reason: string): string =>
  `{${peers(ownAddress(orchestratorId, nodeId), nodeId)},"ExecutionID":${JSON.stringify(executionId)},"Justification":${JSON.stringify(reason)}}`

/** Says that an execution may start. A node that does not wait for that answers in which state it is, and changes nothing. */
export const bidAccepted = (orchestratorId: string, nodeId: NodeId, executionId: string): string =>
  `{${peers(ownAddress(orchestratorId, nodeId), nodeId)},"ExecutionID":${JSON.stringify(executionId)},"Accepted":true,"Justification":""}`

const peers = (from: string, to: string): string =>
  `"SourcePeerID":${JSON.stringify(from)},"TargetPeerID":${JSON.stringify(to)}`

/** Why an AskForBid must not be sent: a node of 1.4 would crash on it, or cannot read it. Undefined = it may. */
export function whyNotSent(text: string, mostBytes: number): string | undefined {
  if (Buffer.byteLength(text) > mostBytes)
    return 'the job is larger than one message, and a node of version 1.4 takes no more'
  const execution = recordOf(recordOf(parseWire(text), 'order').Execution, 'Execution')
  const missing = missingIn(execution)
  if (missing) return `a node of version 1.4 cannot run a job without ${missing}`
  const types: unknown[] = execution.Job.Tasks.map((task: Wire) => task.Network.Type)
  const unknown = types.find((type) => !networkWords.includes(type as string))
  return unknown === undefined ? undefined : `a node of version 1.4 does not know the network type ${unknown}`
}

function missingIn({ Job, AllocatedResources }: Wire): string | undefined {
  if (!isRecord(AllocatedResources) || !isRecord(AllocatedResources.Tasks)) return 'AllocatedResources'
  if (!isRecord(Job)) return 'Job'
  if (typeof Job.State?.StateType !== 'string') return 'State'
  if (!Array.isArray(Job.Tasks) || Job.Tasks.length === 0) return 'Tasks'
  for (const task of Job.Tasks) {
    const name = ['Engine', 'Publisher', 'Resources', 'Network', 'Timeouts'].find((each) => !isRecord(task[each]))
    if (name) return name
    if (!task.Engine.Type) return 'Engine.Type'
  }
  return undefined
}
