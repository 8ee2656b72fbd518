import type { ResultSigner } from '#contracts/result-signer.ts'
import { decodeS3Publisher, decodeS3Source, type S3Source } from '#lib/s3/params.ts'
import { publisherKey } from '#lib/s3/publisher-key.ts'
import type { Execution } from '#models/execution.ts'
import { isNoSpec, type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { S3Clients } from './clients.ts'

export type S3SignerDeps = {
  clients: S3Clients
  /** How long an address works. */
  expiresMs: number
  onError: (error: unknown) => void
}

/** Signed addresses for archives in S3 (api.md §5.10, execution.md §5.7) [R198]. */
export class S3Signer implements ResultSigner {
  readonly #deps: S3SignerDeps

  constructor(deps: S3SignerDeps) {
    this.#deps = deps
  }

  async signed(published: SpecConfig, publisher: SpecConfig, execution: Execution): Promise<SpecConfig> {
    if (typeKey(published.Type) !== 's3') return published
    try {
      const source = decodeS3Source(published)
      if (!isArchive(source) || !mayHavePublished(source, publisher, execution)) return published
      const PreSignedURL = await this.#address(source)
      const { Partition: _, ...SourceSpec } = source
      return PreSignedURL ? { Type: 's3PreSigned', Params: { SourceSpec, PreSignedURL } } : published
    } catch (error) {
      this.#deps.onError(error)
      return published
    }
  }

  /** Undefined when this orchestrator may sign nothing there. */
  async #address(source: S3Source): Promise<string | undefined> {
    const { clients, expiresMs } = this.#deps
    if (!(await clients.isSigning(source.Endpoint))) return undefined
    const [{ GetObjectCommand }, { getSignedUrl }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/s3-request-presigner'),
    ])
    const command = new GetObjectCommand({
      Bucket: source.Bucket,
      Key: source.Key,
      ...(source.VersionID ? { VersionId: source.VersionID } : {}),
    })
    return getSignedUrl(await clients.of(source), command, { expiresIn: Math.floor(expiresMs / 1000) })
  }
}

const isArchive = ({ Key }: S3Source): boolean => Key.endsWith('.tar.gz')

/** Whether the publisher of the job puts results there, as far as can be known: when it did so only the node knows. */
function mayHavePublished(source: S3Source, publisher: SpecConfig, { ID, JobID, NodeID }: Execution): boolean {
  if (isNoSpec(publisher) || typeKey(publisher.Type) !== 's3') return false
  const { Bucket, Key, Endpoint } = decodeS3Publisher(publisher)
  if (source.Bucket !== Bucket || source.Endpoint !== Endpoint) return false
  const [date, time] = ['\0'.repeat(8), '\0'.repeat(6)]
  const pattern = publisherKey(Key, { executionID: ID, jobID: JobID, nodeID: NodeID, date, time }, true)
  return (
    pattern.length === source.Key.length &&
    [...pattern].every((each, i) => (each === '\0' ? /\d/.test(source.Key[i] ?? '') : each === source.Key[i]))
  )
}
