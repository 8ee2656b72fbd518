import type { ResultSigner } from '#contracts/result-signer.ts'
import { decodeS3Publisher, decodeS3Source, type S3Source } from '#lib/s3/params.ts'
import { publisherKey } from '#lib/s3/publisher-key.ts'
import type { Execution } from '#models/execution.ts'
import { isNoSpec, type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { S3Clients } from './clients.ts'
import { listObjects } from './listing.ts'
import { type ManagedStore, managedObject } from './managed-store.ts'
import { objectsParam, type SignedObject } from './signed-objects.ts'

export type S3SignerDeps = {
  clients: S3Clients
  /** How long an address of what nodes have published works; 0 = none is signed. */
  expiresMs: number
  /** Absent = the operator keeps none. */
  managed?: ManagedStore | undefined
  onError: (error: unknown) => void
}

/** Signed addresses for results in S3 [R198]. */
export class S3Signer implements ResultSigner {
  readonly #deps: S3SignerDeps
  readonly uploadAddress?: (execution: Execution) => Promise<string>

  constructor(deps: S3SignerDeps) {
    this.#deps = deps
    const { managed } = deps
    if (managed)
      this.uploadAddress = ({ JobID, ID }) => this.#address('put', managedObject(managed, JobID, ID), managed.expiresMs)
  }

  async signed(published: SpecConfig, publisher: SpecConfig, execution: Execution): Promise<SpecConfig> {
    try {
      switch (typeKey(published.Type)) {
        case 's3':
          return await this.#published(published, publisher, execution)
        case 's3managed':
          return await this.#managed(published, publisher, execution)
        default:
          return published
      }
    } catch (error) {
      this.#deps.onError(error)
      return published
    }
  }

  async #published(published: SpecConfig, publisher: SpecConfig, execution: Execution): Promise<SpecConfig> {
    const { clients, expiresMs } = this.#deps
    const source = decodeS3Source(published)
    const maySign = expiresMs > 0 && mayHavePublished(source, publisher, execution)
    if (!maySign || !(await clients.isSigning(source.Endpoint))) return published
    if (!isArchive(source)) return this.#plain(published, source, execution)
    const PreSignedURL = await this.#address('get', source, expiresMs)
    const { Partition: _, ...SourceSpec } = source
    return { Type: 's3PreSigned', Params: { SourceSpec, PreSignedURL } }
  }

  /** Only below a prefix that is this execution's alone, by its id, which nobody chooses: what else lies there is not its own. */
  async #plain(published: SpecConfig, source: S3Source, { ID }: Execution): Promise<SpecConfig> {
    const { clients, expiresMs } = this.#deps
    if (!source.Key.includes(ID)) return published
    const { objects } = await listObjects(await clients.of(source), source, AbortSignal.timeout(lookTimeoutMs))
    if (objects.length > mostSigned) return published
    const signed: SignedObject[] = []
    for (const each of objects) {
      signed.push({ ...each, address: await this.#address('get', { ...source, Key: each.key }, expiresMs) })
    }
    return { ...published, Params: { ...published.Params, Objects: objectsParam(signed) } }
  }

  /** Where it lies follows from the execution, and is nobody's business. */
  async #managed(published: SpecConfig, publisher: SpecConfig, { JobID, ID }: Execution): Promise<SpecConfig> {
    const { managed } = this.#deps
    if (!managed || isNoSpec(publisher) || typeKey(publisher.Type) !== 's3managed') return published
    const PreSignedURL = await this.#address('get', managedObject(managed, JobID, ID), managed.expiresMs)
    return { Type: 's3PreSigned', Params: { SourceSpec: nowhere, PreSignedURL, Managed: true } }
  }

  async #address(method: 'get' | 'put', source: S3Source, expiresMs: number): Promise<string> {
    const [{ GetObjectCommand, PutObjectCommand }, { getSignedUrl }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/s3-request-presigner'),
    ])
    const { Bucket, Key, VersionID } = source
    const command =
      method === 'put'
        ? new PutObjectCommand({ Bucket, Key })
        : new GetObjectCommand({ Bucket, Key, ...(VersionID ? { VersionId: VersionID } : {}) })
    const client = await this.#deps.clients.of(source)
    return getSignedUrl(client, command, { expiresIn: Math.floor(expiresMs / 1000) })
  }
}

/** Of plain results; who wants a larger one needs rights in its store. */
const mostSigned = 1000
const lookTimeoutMs = 20_000

const nowhere = { Bucket: '', Key: '', Filter: '', Region: '', Endpoint: '', VersionID: '', ChecksumSHA256: '' }

const isArchive = ({ Key }: S3Source): boolean => Key.endsWith('.tar.gz')

/** Whether the publisher of the job puts results there, as far as can be known: when it did so only the node knows. */
function mayHavePublished(source: S3Source, publisher: SpecConfig, { ID, JobID, NodeID }: Execution): boolean {
  if (isNoSpec(publisher) || typeKey(publisher.Type) !== 's3') return false
  const { Bucket, Key, Endpoint, Encoding } = decodeS3Publisher(publisher)
  if (source.Bucket !== Bucket || source.Endpoint !== Endpoint) return false
  const [date, time] = ['\0'.repeat(8), '\0'.repeat(6)]
  const pattern = publisherKey(Key, { executionID: ID, jobID: JobID, nodeID: NodeID, date, time }, Encoding !== 'plain')
  return (
    pattern.length === source.Key.length &&
    [...pattern].every((each, i) => (each === '\0' ? /\d/.test(source.Key[i] ?? '') : each === source.Key[i]))
  )
}
