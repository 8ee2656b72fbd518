import type { ChunkList } from '#models/chunk-list.ts'
import type { JobId } from '#models/ids.ts'
import type { ChunkQuery } from './chunks.ts'
import type { ResultPart } from './publisher.ts'

/** A piece of the chunkList of an upload, or of a chunk of it. */
export type UploadQuery = ChunkQuery & { uploadId: string }

/** What a node may ask for a job that it has an execution of. */
export type NodeUploadQuery = UploadQuery & { jobId: JobId }

/** Asks the orchestrator for a piece of it. Throws a Fault; one that is not retryable is for good. */
export type ReadUpload = (query: NodeUploadQuery) => Promise<ResultPart>

/** An upload as it is kept. */
export type KeptUpload = {
  /** Those of one namespace have the same one. */
  scope: string
  id: string
  sizeBytes: number
  /** When it was last begun, named by a submission, or some of it came; Unix ms. */
  usedMs: number
  /** Jobs that name it, or were to. */
  jobIds: JobId[]
}

/**
 * What users sent for their jobs, in chunks, kept by the orchestrator. Each namespace has its own: who knows a digest has
 * no content by it, unless somebody of the same namespace has sent that.
 */
export interface UploadStore {
  /** Keeps the chunkList, with those of its chunks that are there; answers which are still to come. */
  begin(namespace: string, chunkList: ChunkList): Promise<{ id: string; missing: string[] }>
  /**
   * Keeps a chunk that a chunkList names; its bytes are synced. Throws a Fault: NotFound when it names none of the kind, or has gone
   * meanwhile, BadRequest when something else came, StorageFull; nothing is kept then. With
   * `offset` a piece of it, for which those before it must have come, or NotFound says to begin it again; it is kept when all have.
   */
  put(namespace: string, id: string, digest: string, bytes: AsyncIterable<Uint8Array>, offset?: number): Promise<void>
  /** Its size, once it is there whole. */
  sizeBytes(namespace: string, id: string): Promise<number | undefined>
  /** Notes, synced as all of its chunks are then, that this job reads it; false = it is not there whole. */
  use(namespace: string, id: string, jobId: JobId): Promise<boolean>
  /** Undefined when it is not there. */
  read(namespace: string, query: UploadQuery): Promise<ResultPart | undefined>
  list(): Promise<KeptUpload[]>
  /** The bytes that all of them take together; chunks that several have count once. */
  usedBytes(): Promise<number>
  /** Forgets that this job reads it. */
  unuse(upload: Pick<KeptUpload, 'scope' | 'id'>, jobId: JobId): Promise<void>
  /** With all chunks that no other one has; gives the bytes that are free by that. */
  remove(upload: Pick<KeptUpload, 'scope' | 'id'>): Promise<number>
}
