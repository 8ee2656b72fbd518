import type { Wire } from '#api/decode/wire-json.ts'
import type { BusMessage, Subscription } from '#contracts/bus.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import { isNodeId } from '#models/ids.ts'
import { executionIdOf, flagOf, reasonOf, recordOf, textOf } from '../go/checked.ts'
import type { Intake } from '../go/intake.ts'
import { readOrder, readOrderHead } from '../go/read-order.ts'
import type { NodeSide } from '../node-side.ts'
import { type Callback, refused } from './callback-text.ts'
import { answerOf, bodyOf, errorOf } from './envelope.ts'

type CallBack = (requesterId: string, callback: Callback) => Promise<void>

/** What a requester of 1.4 asks of this node: each is answered when it is on disk. */
export class Requests {
  readonly #parts: NodeSide
  readonly #intake: Intake
  readonly #callBack: CallBack

  constructor(parts: NodeSide, intake: Intake, callBack: CallBack) {
    this.#parts = parts
    this.#intake = intake
    this.#callBack = callBack
  }

  serve(): Subscription[] {
    return [
      this.#answer('AskForBid', (body) => this.#order(body)),
      this.#answer('BidAccepted', (body) => this.#approve(body)),
      this.#answer('BidRejected', (body) => this.#cancel(body)),
      this.#answer('CancelExecution', (body) => this.#cancel(body)),
    ]
  }

  #answer(method: string, handle: (body: Wire) => Promise<void>): Subscription {
    const { bus, nodeId, log } = this.#parts
    const answer = async ({ payload }: BusMessage): Promise<Buffer> => {
      const body = bodyOf(payload)
      const execution = recordOf(body.Execution, 'Execution')
      await handle(body)
      return answerOf({ ExecutionID: body.ExecutionID ?? execution.ID, JobID: execution.JobID ?? '' })
    }
    return bus.subscribe(`node.compute.${nodeId}.${method}/v1`, (message) => {
      void answer(message)
        .catch((error: unknown) => {
          log('orchestrator_message_refused', { subject: message.subject, error: reasonOf(error) })
          return errorOf(`error in handler : ${reasonOf(error)}`)
        })
        .then((bytes) => message.reply !== undefined && bus.publish(message.reply, bytes))
    })
  }

  /** What cannot be read is refused like a bid, so that the requester looks for another node or says why. */
  async #order(body: Wire): Promise<void> {
    const { nodeId, clock, log } = this.#parts
    const execution = recordOf(body.Execution, 'Execution')
    const requesterId = textOf(body.SourcePeerID, 'SourcePeerID')
    if (!isNodeId(requesterId)) throw new Fault('BadRequest', 'SourcePeerID must be the name of a node')
    const head = readOrderHead(execution, requesterId, flagOf(body.WaitForApproval, 'WaitForApproval'))
    try {
      const order = readOrder(execution, head, nodeId)
      await this.#intake.take(order)
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'BadRequest')) throw error
      log('order_refused', { executionId: head.executionId, error: reasonOf(error) })
      const event = { Message: reasonOf(error), Topic: topics.requestingNode, Timestamp: clock.nowNs() }
      await this.#callBack(requesterId, refused({ nodeId, ...head }, event))
    }
  }

  #approve(body: Wire): Promise<void> {
    return this.#intake.take({
      Kind: 'BidAccepted',
      Body: { ExecutionID: executionIdOf(body.ExecutionID, 'ExecutionID') },
    })
  }

  #cancel(body: Wire): Promise<void> {
    const ExecutionID = executionIdOf(body.ExecutionID, 'ExecutionID')
    const Reason = textOf(body.Justification, 'Justification')
    return this.#intake.take({ Kind: 'CancelExecution', Body: { ExecutionID, Reason } })
  }
}
