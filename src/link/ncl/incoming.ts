import type { Wire } from '#api/decode/wire-json.ts'
import type { BusMessage } from '#contracts/bus.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { OrchestratorMessage } from '#models/messages/messages.ts'
import { countOf, executionIdOf, reasonOf, recordOf } from '../go/checked.ts'
import type { Intake } from '../go/intake.ts'
import { readOrder, readOrderHead } from '../go/read-order.ts'
import type { NodeSide } from '../node-side.ts'
import { BadFrame, decodeFrame, type GoFrame, seqOf, typeOf } from './frame.ts'
import { ack, nack } from './replies.ts'
import { type Report, refusal } from './report-text.ts'

const unreadable = 'failed to deserialize message payload: '

/** What an orchestrator of 1.6 and later sends this node: each is acknowledged when it is on disk, or was before. */
export class Incoming {
  readonly #parts: NodeSide
  readonly #intake: Intake
  readonly #report: (report: Report) => Promise<void>
  /** Number of the last one taken, as the orchestrator is told: after its own crash it goes on from there. */
  lastSeq = 0

  constructor(parts: NodeSide, intake: Intake, report: (report: Report) => Promise<void>) {
    this.#parts = parts
    this.#intake = intake
    this.#report = report
  }

  take({ payload, reply }: BusMessage): void {
    const { bus, log } = this.#parts
    void this.#taken(payload)
      .then(
        () => ack,
        (error: unknown) => {
          log('orchestrator_message_refused', { error: reasonOf(error) })
          return nack(error instanceof BadFrame ? unreadable + reasonOf(error) : reasonOf(error), 0)
        },
      )
      .then((answer) => reply !== undefined && bus.publish(reply, answer))
  }

  async #taken(bytes: Uint8Array): Promise<void> {
    const frame = decodeFrame(bytes)
    const seq = seqOf(frame)
    if (seq === undefined) throw new BadFrame('the message has no number')
    if (typeOf(frame) === 'AskForBid') await this.#order(frame.payload, seq)
    else await this.#intake.take(decisionOf(frame), seq)
    this.lastSeq = seq
  }

  /** An order that cannot be read is refused like a bid, and that is told before it is acknowledged. */
  async #order(payload: Wire, seq: number): Promise<void> {
    const { nodeId, clock, log } = this.#parts
    const execution = recordOf(payload.Execution, 'Execution')
    const desired = countOf(recordOf(execution.DesiredState, 'DesiredState').StateType, 'DesiredState.StateType')
    const head = readOrderHead(execution, '', desired === 0)
    try {
      const order = readOrder(execution, head, nodeId)
      await this.#intake.take(order, seq)
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'BadRequest')) throw error
      log('order_refused', { executionId: head.executionId, error: reasonOf(error) })
      const event = { Message: reasonOf(error), Topic: topics.execScanning, Timestamp: clock.nowNs() }
      await this.#report(refusal(head.executionId, head.origin, event))
    }
  }
}

/** What it decides about an execution that this node has. */
function decisionOf(frame: GoFrame): OrchestratorMessage {
  const { payload } = frame
  switch (typeOf(frame)) {
    case 'BidAccepted':
      return { Kind: 'BidAccepted', Body: { ExecutionID: executionIdOf(payload.ExecutionID, 'ExecutionID') } }
    case 'BidRejected':
    case 'CancelExecution':
      return {
        Kind: 'CancelExecution',
        Body: { ExecutionID: executionIdOf(payload.ExecutionID, 'ExecutionID'), Reason: '' },
      }
    default:
      throw new BadFrame(`unsupported message type: ${typeOf(frame)}`)
  }
}
