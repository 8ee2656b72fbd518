import type { ExecutionId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import type { ChunkSource } from './chunks.ts'
import type { OfferedQuery, ResultPart, ResultQuery } from './publisher.ts'

/** What is kept of an execution, also a part; `writtenMs`, Unix ms, is of the last write. */
export type KeptResultFile = { executionId: ExecutionId; writtenMs: number; sizeBytes: number }

/** Results that the orchestrator keeps for their owners, as gzip tars. What is not whole yet survives a restart. */
export interface ResultStore {
  /** Whether this very result is here, whole. */
  holds(offer: ResultOffer): Promise<boolean>
  /** How much of it is here. */
  receivedBytes(offer: ResultOffer): Promise<number>
  /**
   * Asks for the chunks of it that are not here, and keeps it under the name of its execution, synced. Throws what the source does,
   * the reason of the signal, and a Fault: StorageFull when there is no room, ServiceUnavailable when something else comes again
   * and again; what has come stays then, and the next call asks for the rest.
   */
  bring(offer: ResultOffer, source: ChunkSource, signal: AbortSignal): Promise<void>
  /** Undefined when nothing is kept of the execution. */
  read(query: ResultQuery): Promise<ResultPart | undefined>
  /** A piece of it as it came: of its chunk list, or of a chunk. Undefined when nothing with that chunk list is kept of the execution. */
  readChunk(query: OfferedQuery): Promise<ResultPart | undefined>
  /** Everything that something is kept of. */
  list(): Promise<KeptResultFile[]>
  /** What is kept of it stays while it is held. Gives how to let go. */
  hold(executionId: ExecutionId): () => void
  /** Whether it went: what is held stays. */
  remove(executionId: ExecutionId): Promise<boolean>
}
