import { type ClientVersion, parseClientVersion, since } from '#api/client-version.ts'
import { goString } from '#api/encode/go-json.ts'
import type { Frame, OrchestratorMessage } from '#models/messages/messages.ts'
import type { NodeInfo } from '#models/node.ts'
import { goOrder } from '../go/execution.ts'
import { encodeFrame, metadataOf } from './frame.ts'

/** The generation whose words a node of this protocol reads; development builds count as the newest. */
export function generationOf({ BacalhauVersion }: NodeInfo): ClientVersion {
  const parsed = parseClientVersion(BacalhauVersion.GitVersion)
  return parsed.kind === 'ok' && parsed.version >= since.v1_5_2 ? parsed.version : since.v1_8
}

/**
 * An order as a frame, under the number of its row. Counted work (desired `Pending`) the node bids for first; what is to
 * run at once it starts without a word.
 */
export function orderFrame(
  { Seq, Message }: Frame<OrchestratorMessage>,
  to: { nodeId: string; subject: string; generation: ClientVersion },
  nowNs: bigint,
): Buffer {
  const metadata = {
    ...metadataOf(Message.Kind, `orchestrator-${to.nodeId}`, nowNs),
    'Bacalhau-MessageID': `seq-${Seq}`,
    'Bacalhau-SeqNum': String(Seq),
    'Bacalhau-Subject': to.subject,
  }
  return encodeFrame(metadata, orderText(Message, to.generation))
}

function orderText(message: OrchestratorMessage, generation: ClientVersion): string {
  switch (message.Kind) {
    case 'AskForBid': {
      const { Execution, Job } = message.Body
      return `{"Events":null,"Execution":${goOrder(Execution, Job, Execution.DesiredState.StateType, generation)}}`
    }
    case 'BidAccepted':
      return `{"Events":null,"ExecutionID":${goString(message.Body.ExecutionID)},"Accepted":true}`
    case 'UseContent':
      throw new Error('Go nodes tell of no content')
    case 'CancelExecution':
      return `{"Events":null,"ExecutionID":${goString(message.Body.ExecutionID)}}`
  }
}
