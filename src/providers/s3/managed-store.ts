import type { S3Source } from '#lib/s3/params.ts'
import { noPartition } from '#lib/s3/partition.ts'
import type { ExecutionId, JobId } from '#models/ids.ts'

/** A bucket that the operator of the orchestrator keeps for the results of all nodes (Publishers.Types.S3Managed). */
export type ManagedStore = {
  bucket: string
  /** What all keys begin with; may be empty. */
  prefix: string
  region: string
  /** Empty = Amazon. */
  endpoint: string
  /** How long signed addresses work. */
  expiresMs: number
}

/** Where the result of an execution lies in it. */
export const managedObject = (store: ManagedStore, jobId: JobId, executionId: ExecutionId): S3Source => ({
  Bucket: store.bucket,
  Key: `${store.prefix && `${store.prefix.replace(/\/$/, '')}/`}${jobId}/${executionId}.tar.gz`,
  Region: store.region,
  Endpoint: store.endpoint,
  Filter: '',
  VersionID: '',
  ChecksumSHA256: '',
  Partition: noPartition,
})
