import type { ExecutionId } from '#models/ids.ts'
import type { ResultOffer } from '#models/messages/messages.ts'
import type { ResultPart, ResultQuery } from './publisher.ts'

/** What is kept of an execution, also a part; `writtenMs`, Unix ms, is of the last write. */
export type KeptResultFile = { executionId: ExecutionId; writtenMs: number; sizeBytes: number }

/** Results that the orchestrator keeps for their owners, as gzip tars. What is not whole yet survives a restart. */
export interface ResultStore {
  /** Whether this very result is here, whole. */
  holds(offer: ResultOffer): Promise<boolean>
  /** How much of it is here: from there on it is asked for. */
  receivedBytes(offer: ResultOffer): Promise<number>
  /** Adds what follows. Throws a Fault StorageFull when there is no room. */
  append(offer: ResultOffer, bytes: Uint8Array): Promise<void>
  /** Keeps it under the name of its execution, synced. Throws a Fault Conflict, and forgets it, when its digest is another. */
  finish(offer: ResultOffer): Promise<void>
  /** Undefined when nothing is kept of the execution. */
  read(query: ResultQuery): Promise<ResultPart | undefined>
  /** Everything that something is kept of. */
  list(): Promise<KeptResultFile[]>
  remove(executionId: ExecutionId): Promise<void>
}
