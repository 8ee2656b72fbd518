import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { ResultOffer, ResultOfferReply, UploadRequest } from '#models/messages/messages.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { OnLeftOut } from './archive.ts'
import type { ChunkQuery } from './chunks.ts'
import type { Verdict } from './verdict.ts'

export type PublishRequest = {
  executionId: ExecutionId
  jobId: JobId
  nodeId: NodeId
  publisher: SpecConfig
  /** Folder with `stdout`, `stderr`, `exitCode` and one folder per result path. */
  resultDirectory: string
  /** Told of what of the folder is not published; absent = nobody wants to know. */
  onLeftOut?: OnLeftOut
  /** Told why it is not taken yet, of what is waited for; absent = nobody wants to know. */
  onWait?: (why: string) => void
}

/** What was published of an earlier attempt, and the empty folder that it is to come back to. */
export type BringBackRequest = { jobId: JobId; published: SpecConfig; directory: string }

export type ResultQuery = { executionId: ExecutionId; offset: number; limitBytes: number }
/** A piece of the chunk list of a result that is offered, or of a chunk of it. */
export type OfferedQuery = ChunkQuery & { executionId: ExecutionId; chunkListId: string }
/** Has the orchestrator take a result that is kept here: whether it has all of it now. Throws a Fault; one that is not retryable is for good. */
export type OfferResult = (offer: ResultOffer) => Promise<ResultOfferReply>
/** Asks the orchestrator for a signed address that takes a result by PUT. Throws a Fault. */
export type UploadAddress = (request: UploadRequest) => Promise<string>
/** A piece of a kept result. `tag`, of letters, digits and `-`, changes when the result does: pieces of one tag belong together. */
export type ResultPart = { bytes: Uint8Array; sizeBytes: number; tag: string }

/** Takes a result folder to where its owner wants it. Found by `type` without case. */
export interface Publisher {
  readonly type: string
  isInstalled(signal: AbortSignal): Promise<Verdict>
  /** Checks parameters; used at bid time. */
  accepts(publisher: SpecConfig): Promise<Verdict>
  /**
   * Resolves when the result is safely there; publishing the same execution again gives the same place. Throws a Fault. Aborted
   * with the reason `leaving` it is published again when the node is back.
   */
  publish(request: PublishRequest, signal: AbortSignal): Promise<SpecConfig>
  /** Whether an earlier life of the node has packed this result, which will be published as it was packed. */
  isPacked?(executionId: ExecutionId): Promise<boolean>
  /**
   * Of a publisher whose results the orchestrator keeps: brings one back, for an execution that is to publish it by another. Throws a
   * Fault: NotFound when it is not kept any more.
   */
  bringBack?(request: BringBackRequest, signal: AbortSignal): Promise<void>
  /**
   * Of a publisher that keeps results on this node, as gzip tars: a piece of one, shorter than asked for only at its end.
   * Undefined when nothing is kept of the execution.
   */
  readKept?(query: ResultQuery): Promise<ResultPart | undefined>
  /** Of a publisher that offers results to the orchestrator. Undefined when it does not offer this one now. */
  readOffered?(query: OfferedQuery): Promise<ResultPart | undefined>
}
