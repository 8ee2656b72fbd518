import { type ComputeEnd, resultPartBytes } from '#contracts/node-link.ts'
import type { ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import { askedAhead } from '#lib/asked-ahead.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { ResultOffer, ResultOfferReply } from '#models/messages/messages.ts'
import { wantedExecution } from './wanted.ts'

export type ResultTakerParts = {
  store: Store
  results: ResultStore
  clock: Clock
  /** Of one result: nodes are only half trusted, and the disk is that of the state. */
  maxBytes: number
  /** Whether the disk that the operator gives to results has room for so much more. */
  hasRoomFor: (sizeBytes: number) => Promise<boolean>
  /** How a connected node is reached. */
  end: (nodeId: NodeId) => ComputeEnd | undefined
  log: EventLog
}

/** Asked for ahead of what has come. What a break costs is at most this much. */
const atOnce = 4
const largestPieceBytes = resultPartBytes / 4
/** A node that offers is answered by then, and asks again. */
const answerMs = 4_000
const mostTransfers = 64

type Transfer = {
  nodeId: NodeId
  offer: ResultOffer
  receivedBytes: number
  /** Broken off by this: what was asked for over an earlier connection may never be answered. */
  broken: AbortController
  done: Promise<void>
}

/**
 * Takes results of publisher `link` from the nodes that keep them [F4]. What has come stays over breaks and restarts: a node that
 * offers again is asked only for the rest.
 */
export class ResultTaker {
  readonly #parts: ResultTakerParts
  readonly #transfers = new Map<ExecutionId, Transfer>()

  constructor(parts: ResultTakerParts) {
    this.#parts = parts
  }

  async take(nodeId: NodeId, offer: ResultOffer): Promise<ResultOfferReply> {
    await wantedExecution(this.#parts.store, nodeId, offer.ExecutionID, 'link')
    if (offer.SizeBytes > this.#parts.maxBytes) throw tooLarge(offer, this.#parts.maxBytes)
    if (await this.#parts.results.holds(offer)) return { IsTaken: true, ReceivedBytes: offer.SizeBytes }
    const transfer = this.#transferOf(nodeId, offer)
    const isOver = new AbortController()
    const pause = this.#parts.clock.sleep(answerMs, isOver.signal).catch(() => {})
    try {
      const IsTaken = await Promise.race([transfer.done.then(() => true), pause.then(() => false)])
      return { IsTaken, ReceivedBytes: transfer.receivedBytes }
    } finally {
      isOver.abort()
    }
  }

  /** The node is connected anew. What it was asked for before is asked for again when it offers again. */
  renewed(nodeId: NodeId): void {
    for (const transfer of this.#transfers.values()) {
      if (transfer.nodeId === nodeId) transfer.broken.abort(later('the node was connected anew'))
    }
  }

  #transferOf(nodeId: NodeId, offer: ResultOffer): Transfer {
    const known = this.#transfers.get(offer.ExecutionID)
    if (known?.offer.SHA256 === offer.SHA256) return known
    if (known) throw later('an earlier result of this execution is still on its way')
    if (this.#transfers.size >= mostTransfers) throw later(`${mostTransfers} results are on their way already`)
    const broken = new AbortController()
    const transfer: Transfer = { nodeId, offer, receivedBytes: 0, broken, done: Promise.resolve() }
    transfer.done = this.#bring(transfer).finally(() => this.#transfers.delete(offer.ExecutionID))
    transfer.done.catch((error: unknown) => this.#parts.log('result_transfer_broke', { nodeId, error }))
    this.#transfers.set(offer.ExecutionID, transfer)
    return transfer
  }

  async #bring(transfer: Transfer): Promise<void> {
    const { results, end } = this.#parts
    const { offer, nodeId, broken } = transfer
    const node = end(nodeId)
    if (!node) throw later('the node is not connected')
    transfer.receivedBytes = await results.receivedBytes(offer)
    if (!(await this.#parts.hasRoomFor(offer.SizeBytes - transfer.receivedBytes))) throw noRoom(offer)
    let pieceBytes = largestPieceBytes
    while (transfer.receivedBytes < offer.SizeBytes) {
      const stretches = stretchesOf(transfer.receivedBytes, offer.SizeBytes, pieceBytes)
      const pieces = askedAhead(stretches, atOnce, (stretch) =>
        orAborted(node.readResult({ executionId: offer.ExecutionID, ...stretch }), broken.signal),
      )
      for await (const { bytes, sizeBytes } of pieces) {
        const wantedBytes = Math.min(pieceBytes, offer.SizeBytes - transfer.receivedBytes)
        const isPiece = bytes.length > 0 && bytes.length <= wantedBytes
        if (sizeBytes !== offer.SizeBytes || !isPiece) throw later('the result changed on its way')
        await results.append(offer, bytes)
        transfer.receivedBytes += bytes.length
        if (bytes.length === wantedBytes) continue
        // The bus carries no more at a time; what was asked for meanwhile begins elsewhere.
        pieceBytes = bytes.length
        break
      }
    }
    await results.finish(offer)
  }
}

function* stretchesOf(
  from: number,
  end: number,
  pieceBytes: number,
): Generator<{ offset: number; limitBytes: number }> {
  for (let offset = from; offset < end; offset += pieceBytes) {
    yield { offset, limitBytes: Math.min(pieceBytes, end - offset) }
  }
}

const tooLarge = ({ ExecutionID, SizeBytes }: ResultOffer, maxBytes: number): Fault =>
  new Fault(
    'PayloadTooLarge',
    `the result of ${ExecutionID} has ${SizeBytes} bytes; this orchestrator keeps at most ${maxBytes}`,
    {
      hint: 'Publish it to a store instead; the operator of the orchestrator sets Orchestrator.MaxResultSize',
      details: { FailureClass: 'resource' },
    },
  )

const noRoom = ({ ExecutionID }: ResultOffer): Fault =>
  new Fault('StorageFull', `the orchestrator has no room for the result of ${ExecutionID}`, {
    hint: 'It is asked again; the operator of the orchestrator sets Orchestrator.Retention.MaxSize.',
    isRetryable: true,
  })

const later = (message: string): Fault => new Fault('ServiceUnavailable', message, { isRetryable: true })
