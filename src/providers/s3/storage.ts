import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { FileCache } from '#contracts/file-cache.ts'
import type { InputShare, PrepareContext, PreparedInput, Storage } from '#contracts/storage.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { decodeS3Source, type S3Source } from '#lib/s3/params.ts'
import { partitionKeys } from '#lib/s3/partition.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import { bringObjects } from './bring.ts'
import type { S3Clients } from './clients.ts'
import { s3Fault } from './faults.ts'
import { listObjects, type S3Listing } from './listing.ts'
import type { S3Settings } from './settings.ts'

export type S3StorageDeps = { clock: Clock; cache?: FileCache }

/** Objects of all remembered listings together. */
const mostRemembered = 500_000
/** After their last use. */
const rememberedMs = 10 * 60_000
const lookTimeoutMs = 120_000

/** Objects of S3 and of stores that speak its protocol [R169–R176]. */
export class S3Storage implements Storage {
  readonly types = ['s3']
  readonly #settings: S3Settings
  readonly #clients: S3Clients
  readonly #deps: S3StorageDeps
  /**
   * A job's executions here share what its sources were found to mean, as long as one asks now and then. Other nodes look for
   * themselves: which partition an object goes to follows from its key alone, so none goes to two, whenever they look.
   */
  readonly #listings: LRUCache<string, S3Listing>
  readonly #looks = new Map<string, Promise<S3Listing>>()

  constructor(settings: S3Settings, clients: S3Clients, deps: S3StorageDeps) {
    this.#settings = settings
    this.#clients = clients
    this.#deps = deps
    this.#listings = new LRUCache({
      maxSize: mostRemembered,
      sizeCalculation: ({ objects }) => objects.length + 1,
      ttl: rememberedMs,
      updateAgeOnGet: true,
      ttlResolution: 0,
      perf: { now: () => deps.clock.monotonicMs() },
    })
  }

  async isInstalled(signal: AbortSignal): Promise<Verdict> {
    if (this.#settings.isAnonymousTaken || this.#settings.trustedEndpoints.length > 0) return yes
    return orAborted(this.#clients.hasCredentials(), signal)
  }

  async isLocal(): Promise<boolean> {
    return false
  }

  async sizeBytes(spec: SpecConfig, share: InputShare, signal: AbortSignal): Promise<number> {
    const source = decodeS3Source(spec)
    const { objects } = await this.#shareOf(source, share, signal)
    return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  /** One folder with all objects; an execution may get none. */
  async prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput> {
    const source = decodeS3Source(input.Source)
    const listing = await this.#shareOf(source, context.share, signal)
    const sizeBytes = listing.objects.reduce((sum, each) => sum + each.sizeBytes, 0)
    if (sizeBytes > context.limitBytes) throw tooLarge(source, sizeBytes, context.limitBytes)
    const hostPath = join(context.directory, 'objects')
    await mkdir(hostPath)
    try {
      const [client, get] = await Promise.all([this.#clients.of(source), this.#clients.getter(source)])
      const parts = { ...this.#deps, client, get, retries: this.#settings.retries }
      const origins = await bringObjects(parts, { source, listing, directory: hostPath }, signal)
      return { input, hostPath, kind: 'directory', guestPath: input.Target, isReadOnly: true, origins, sizeBytes }
    } catch (error) {
      for (const name of await readdir(context.directory)) {
        await rm(join(context.directory, name), { recursive: true, force: true })
      }
      throw error
    }
  }

  async #shareOf(source: S3Source, share: InputShare, signal: AbortSignal): Promise<S3Listing> {
    const { index, count } = share
    const listing = await orAborted(this.#listed(source, share), signal)
    if (count <= 1) return listing
    const keys = partitionKeys(
      listing.objects.map(({ key }) => key),
      source.Partition,
      source.Key,
      count,
    )[index]
    if (!keys) throw new Fault('BadRequest', `partition index must be between 0 and ${count - 1}`)
    const mine = new Set(keys)
    return { ...listing, objects: listing.objects.filter(({ key }) => mine.has(key)) }
  }

  /** One look for all executions of a job, whoever of them is broken off; a look that failed is not remembered. */
  async #listed(source: S3Source, { jobId, jobVersion }: InputShare): Promise<S3Listing> {
    const key = JSON.stringify([jobId, jobVersion, source])
    const known = this.#listings.get(key)
    if (known) return known
    const look = this.#looks.get(key) ?? this.#look(source).finally(() => this.#looks.delete(key))
    this.#looks.set(key, look)
    const listing = await look
    this.#listings.set(key, listing)
    return listing
  }

  async #look(source: S3Source): Promise<S3Listing> {
    try {
      return await listObjects(await this.#clients.of(source), source, AbortSignal.timeout(lookTimeoutMs))
    } catch (error) {
      throw s3Fault(error, `s3://${source.Bucket}/${source.Key}`)
    }
  }
}

const tooLarge = ({ Bucket, Key }: S3Source, sizeBytes: number, limitBytes: number): Fault =>
  new Fault(
    'ResourceExhausted',
    `s3://${Bucket}/${Key} has ${sizeBytes} bytes, more than the ${limitBytes} that this input may take`,
    { hint: 'Ask for more disk in the Resources of the task', details: { FailureClass: 'resource' } },
  )
