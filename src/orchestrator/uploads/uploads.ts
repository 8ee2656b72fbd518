import type { ResultPart } from '#contracts/publisher.ts'
import type { ResultStore } from '#contracts/result-store.ts'
import type { Store } from '#contracts/store.ts'
import type { NodeUploadQuery, UploadQuery, UploadStore } from '#contracts/upload-store.ts'
import { Fault } from '#lib/fault.ts'
import { decodeParams } from '#lib/params.ts'
import { type ChunkList, listedBytes, namedBytes } from '#models/chunk-list.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import { type Job, mainTask } from '#models/job.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import { uploadsOf } from '#models/upload.ts'

export type UploadsParts = {
  store: Store
  /** Absent = none are taken. */
  files: UploadStore | undefined
  /** What executions read that only publish it. */
  results?: Pick<ResultStore, 'readChunk'> | undefined
  /** Of one upload. */
  maxBytes: number
  /** Of all uploads and results together; 0 = no limit. What cannot go for it leaves room for no more. */
  hasRoomFor: (sizeBytes: number) => Promise<boolean>
}

/** Files and folders that users send with their jobs, on their way in, into jobs, and out to nodes [F4]. */
export class Uploads {
  readonly #parts: UploadsParts

  constructor(parts: UploadsParts) {
    this.#parts = parts
  }

  async begin(namespace: string, chunkList: ChunkList): Promise<{ id: string; missing: string[] }> {
    const { maxBytes, hasRoomFor } = this.#parts
    const sizeBytes = listedBytes(chunkList)
    if (sizeBytes > maxBytes) throw tooLarge(sizeBytes, maxBytes)
    // What is here of it stays here from now on. It is begun again after a break, and once more when all of it has come.
    const begun = await this.#files.begin(namespace, chunkList)
    const missingBytes = namedBytes(chunkList, new Set(begun.missing))
    if (missingBytes > 0 && !(await hasRoomFor(missingBytes))) throw noRoom(missingBytes)
    return begun
  }

  take(...chunk: Parameters<UploadStore['put']>): Promise<void> {
    return this.#files.put(...chunk)
  }

  /** Before a version of a job is stored: what it names is there, and stays. Undefined when it names nothing. */
  claim(job: Job): Promise<void> | undefined {
    const named = job.Tasks.flatMap(uploadsOf)
    return named.length === 0 ? undefined : this.#claimAll(job, named)
  }

  async #claimAll({ ID, Namespace }: Job, named: readonly InputSource[]): Promise<void> {
    for (const input of named) {
      const { id, sizeBytes } = namedBy(input)
      const known = await this.#files.sizeBytes(Namespace, id)
      if (known === undefined) throw notHere(id, Namespace)
      if (BigInt(known) !== sizeBytes)
        throw new Fault('BadRequest', `upload ${id} has ${known} bytes, not ${sizeBytes}`)
      if (!(await this.#files.use(Namespace, id, ID))) throw notHere(id, Namespace)
    }
  }

  /** For a node that has an execution of the job; others learn nothing. */
  async read(nodeId: NodeId, { jobId, ...query }: NodeUploadQuery): Promise<ResultPart> {
    const { store } = this.#parts
    const own = (await store.liveExecutions(nodeId)).filter(({ JobID }) => JobID === jobId)
    const kept = own.find(({ KeptResult }) => KeptResult?.Params?.['ChunkListID'] === query.uploadId)?.KeptResult
    const keptPart = kept && (await this.#readKept(kept, query))
    if (keptPart) return keptPart
    // While a job is updated, the node may have executions of several versions of it.
    for (const version of new Set(own.map(({ JobVersion }) => JobVersion))) {
      const job = await store.jobVersion(jobId, version)
      const isNamed = job && uploadsOf(mainTask(job)).some((input) => namedBy(input).id === query.uploadId)
      const part = isNamed ? await this.#files.read(job.Namespace, query) : undefined
      if (part) return part
    }
    throw new Fault('NotFound', `the orchestrator has no upload ${query.uploadId} for an execution of this node`, {
      details: { FailureClass: 'user' },
    })
  }

  async #readKept({ Params }: SpecConfig, { uploadId, ...query }: UploadQuery): Promise<ResultPart | undefined> {
    const executionId = String(Params?.['ExecutionID']) as ExecutionId
    return this.#parts.results?.readChunk({ executionId, chunkListId: uploadId, ...query })
  }

  get #files(): UploadStore {
    if (this.#parts.files) return this.#parts.files
    throw new Fault('NotImplemented', 'this orchestrator takes no uploads')
  }
}

function namedBy({ Source }: InputSource): { id: string; sizeBytes: bigint } {
  const fields = { ID: 'string', SizeBytes: 'int64', Path: 'string' } as const
  const { ID, SizeBytes = 0n, Path } = decodeParams(Source.Params ?? {}, 'UploadSource', fields)
  if (ID) return { id: ID, sizeBytes: SizeBytes }
  throw new Fault('BadRequest', `the input ${Path ?? ''} was not sent with the job`, { hint: howToSend })
}

const howToSend = 'bacalhau job run, docker run and wasm run send what -i ./path or Params.Path of an input names.'

const notHere = (id: string, namespace: string): Fault =>
  new Fault('Conflict', `the orchestrator has no upload ${id} in namespace ${namespace}, or not all of it`, {
    component: 'JobStore',
    hint: howToSend,
  })

const tooLarge = (sizeBytes: number, maxBytes: number): Fault =>
  new Fault('PayloadTooLarge', `the upload has ${sizeBytes} bytes; this orchestrator takes at most ${maxBytes}`, {
    hint: 'Put it where nodes can fetch it; the operator of the orchestrator sets Orchestrator.MaxUploadSize.',
  })

const noRoom = (sizeBytes: number): Fault =>
  new Fault('StorageFull', `the orchestrator has no room for ${sizeBytes} more bytes of uploads`, {
    hint: 'What jobs that have not ended need stays; the operator sets Orchestrator.Retention.MaxSize.',
  })
