import { Fault, messageOf } from '#lib/fault.ts'
import { exactJson, exactJsonWith } from '#lib/json/exact.ts'
import type { Job } from '#models/job.ts'
import type { ComputeMessage, Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import { executionIdOf, listOf, recordOf, textOf, wholeOf } from '../go/checked.ts'
import { unreadableReport } from '../go/reports.ts'
import { readReport } from './reports.ts'

/** A job that goes to thousands of nodes is put into words once. */
const jobTexts = new WeakMap<Job, string>()

/** One frame as it is sent. */
export function frameText({ Seq, Message }: Frame<OrchestratorMessage | ComputeMessage>): string {
  if (Message.Kind !== 'AskForBid') return exactJson({ Seq, Message })
  const { Job, ...order } = Message.Body
  const job = jobTexts.get(Job) ?? exactJson(Job)
  jobTexts.set(Job, job)
  const body = exactJsonWith(order, 'Job', job)
  return exactJsonWith({ Seq }, 'Message', exactJsonWith({ Kind: Message.Kind }, 'Body', body))
}

type Delivery<Message> = { LinkID: string; Frames: Frame<Message>[] }

/**
 * Reads what a node of ours reports. A batch that is not of the form is refused with a Fault. A message in it that cannot
 * be read is told to `onUnreadable`, and stands for the end of its execution: refused, it would come again for ever and
 * hold up all that follow it.
 */
export const readReports = (value: unknown, onUnreadable: (error: unknown) => void): Delivery<ComputeMessage> =>
  readDelivery(value, (message) => {
    try {
      return readReport(message)
    } catch (error) {
      onUnreadable(error)
      const named = message as { Body?: { ExecutionID?: unknown } } | null | undefined
      return unreadableReport(named?.Body?.ExecutionID, messageOf(error))
    }
  })

/**
 * Reads the orders of the orchestrator. What is wrong deeper inside an order its execution ends with, and the
 * orchestrator is told; here it is made sure that there is an execution to end. Throws a Fault BadRequest.
 */
export const readOrders = (value: unknown): Delivery<OrchestratorMessage> => readDelivery(value, readOrder)

/** How far the other side has come. Throws a Fault BadRequest when that is further than what it was sent. */
export function readAck(value: unknown, lastSentSeq: number): FramesAck {
  const LastSeq = wholeOf(recordOf(value, 'the answer').LastSeq, 'LastSeq')
  if (LastSeq > lastSentSeq) throw new Fault('BadRequest', `LastSeq ${LastSeq} was never sent`)
  return { LastSeq }
}

function readDelivery<Message>(value: unknown, read: (message: unknown) => Message): Delivery<Message> {
  const { LinkID, Frames } = recordOf(value, 'the message')
  return {
    LinkID: textOf(LinkID, 'LinkID'),
    Frames: listOf(Frames, 'Frames', (frame, name) => {
      const { Seq, Message } = recordOf(frame, name)
      return { Seq: wholeOf(Seq, `${name}.Seq`), Message: read(Message) }
    }),
  }
}

function readOrder(value: unknown): OrchestratorMessage {
  const { Kind, Body } = recordOf(value, 'Message')
  const { Execution, Job, ExecutionID, Reason, Content } = recordOf(Body, 'Body')
  switch (Kind) {
    case 'AskForBid': {
      const [execution, job] = [recordOf(Execution, 'Execution'), recordOf(Job, 'Job')]
      executionIdOf(execution.ID, 'Execution.ID')
      return { Kind, Body: { Execution: execution, Job: job } } as OrchestratorMessage
    }
    case 'CancelExecution':
      return {
        Kind,
        Body: { ExecutionID: executionIdOf(ExecutionID, 'ExecutionID'), Reason: textOf(Reason, 'Reason') },
      }
    case 'UseContent':
      return {
        Kind,
        Body: { ExecutionID: executionIdOf(ExecutionID, 'ExecutionID'), Content: textOf(Content, 'Content') },
      }
    default:
      throw new Fault('BadRequest', 'unknown kind of order')
  }
}
