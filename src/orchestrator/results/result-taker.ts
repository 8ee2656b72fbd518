import type { ChunkQuery } from '#contracts/chunks.ts'
import type { ComputeEnd } from '#contracts/node-link.ts'
import type { ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { ResultOffer, ResultOfferReply } from '#models/messages/messages.ts'
import { wantedExecution } from './wanted.ts'

export type ResultTakerParts = {
  store: Store
  /** Absent = none are taken. */
  results: ResultStore | undefined
  clock: Clock
  /** Of one result: nodes are only half trusted, and the disk is that of the state. */
  maxBytes: number
  /** Whether the disk that the operator gives to results has room for so much more. */
  hasRoomFor: (sizeBytes: number) => Promise<boolean>
  /** How a connected node is reached. */
  end: (nodeId: NodeId) => ComputeEnd | undefined
  log: EventLog
}

/** A node that offers is answered by then, and asks again. */
const answerMs = 4_000
const mostTransfers = 64

type Transfer = {
  nodeId: NodeId
  offer: ResultOffer
  /** Broken off by this: what was asked for over an earlier connection may never be answered. */
  broken: AbortController
  done: Promise<void>
}

/**
 * Takes results of publisher `link` from the nodes that keep them [F4]. What has come stays over breaks and restarts: a node that
 * offers again is asked only for the chunks that are not here.
 */
export class ResultTaker {
  readonly #parts: ResultTakerParts
  readonly #transfers = new Map<ExecutionId, Transfer>()

  constructor(parts: ResultTakerParts) {
    this.#parts = parts
  }

  async take(nodeId: NodeId, offer: ResultOffer): Promise<ResultOfferReply> {
    const results = this.#results
    await wantedExecution(this.#parts.store, nodeId, offer.ExecutionID, 'link')
    if (offer.SizeBytes > this.#parts.maxBytes) throw tooLarge(offer, this.#parts.maxBytes)
    if (await results.holds(offer)) return { IsTaken: true }
    const transfer = this.#transferOf(nodeId, offer)
    const isOver = new AbortController()
    const pause = this.#parts.clock.sleep(answerMs, isOver.signal).catch(() => {})
    try {
      return { IsTaken: await Promise.race([transfer.done.then(() => true), pause.then(() => false)]) }
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
    if (known?.offer.ChunkListID === offer.ChunkListID) return known
    if (known) throw later('an earlier result of this execution is still on its way')
    if (this.#transfers.size >= mostTransfers) throw later(`${mostTransfers} results are on their way already`)
    const broken = new AbortController()
    const transfer: Transfer = { nodeId, offer, broken, done: Promise.resolve() }
    transfer.done = this.#bring(transfer).finally(() => this.#transfers.delete(offer.ExecutionID))
    transfer.done.catch((error: unknown) => this.#parts.log('result_transfer_broke', { nodeId, error }))
    this.#transfers.set(offer.ExecutionID, transfer)
    return transfer
  }

  async #bring({ nodeId, offer, broken }: Transfer): Promise<void> {
    const { end, hasRoomFor } = this.#parts
    const results = this.#results
    const node = end(nodeId)
    if (!node) throw later('the node is not connected')
    if (!(await hasRoomFor(offer.SizeBytes - (await results.receivedBytes(offer))))) throw noRoom(offer)
    const { ExecutionID: executionId, ChunkListID: chunkListId } = offer
    const read = (query: ChunkQuery) => node.readResult({ executionId, chunkListId, ...query })
    await results.bring(offer, { id: chunkListId, what: `the result of ${executionId}`, read }, broken.signal)
  }

  get #results(): ResultStore {
    if (this.#parts.results) return this.#parts.results
    throw new Fault('NotImplemented', 'this orchestrator keeps no results')
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
