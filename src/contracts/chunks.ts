import type { ResultPart } from './publisher.ts'

/** A piece of a chunk list, or with `chunk`, a digest, of that chunk. */
export type ChunkQuery = { chunk?: string; offset: number; limitBytes: number }

/** Where a chunk list and its chunks are: on the other side of the link. */
export type ChunkSource = {
  /** The digest of the list. */
  id: string
  /** What it is, for people: `the upload`. */
  what: string
  /** Throws a Fault; one that is not retryable is for good. */
  read: (query: ChunkQuery) => Promise<ResultPart>
}
