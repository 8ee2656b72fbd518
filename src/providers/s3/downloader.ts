import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { IsWanted, UnpackArchive, UnpackLimits } from '#contracts/archive.ts'
import type { Downloader, DownloadProgress } from '#contracts/downloader.ts'
import type { Clock } from '#lib/clock.ts'
import { objectPath } from '#lib/s3/input-key.ts'
import { decodeS3Source, type S3Source } from '#lib/s3/params.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import { bringObjects } from './bring.ts'
import type { S3Clients } from './clients.ts'
import { s3Fault } from './faults.ts'
import { listObjects, type S3Listing } from './listing.ts'
import { objectUrlPath } from './signed-get.ts'
import { type SignedObject, signedObjects } from './signed-objects.ts'

export type S3DownloaderDeps = {
  clients: S3Clients
  clock: Clock
  /** Fetches what has a signed address. */
  byUrl: Downloader
  unpack: UnpackArchive
  limits: UnpackLimits
}

const retries = 3
const stage = '.objects'

/** Fetches results from buckets: by signed addresses, else with the user's own AWS credentials [R198]. */
export class S3Downloader implements Downloader {
  readonly types = ['s3PreSigned', 's3']
  readonly #deps: S3DownloaderDeps

  constructor(deps: S3DownloaderDeps) {
    this.#deps = deps
  }

  async download(
    result: SpecConfig,
    directory: string,
    progress: DownloadProgress,
    signal: AbortSignal,
    isWanted?: IsWanted,
  ): Promise<void> {
    if (typeKey(result.Type) === 's3') return this.#bring(result, directory, progress, signal, isWanted)
    return this.#deps.byUrl.download(result, directory, progress, signal, isWanted)
  }

  async #bring(...[result, directory, progress, signal, isWanted]: Parameters<Downloader['download']>): Promise<void> {
    const { clients, clock, unpack, limits } = this.#deps
    const source = decodeS3Source(result)
    const staged = join(directory, stage)
    try {
      await mkdir(staged)
      const client = await clients.of(source)
      const signed = signedObjects(result)
      const all = signed
        ? { objects: signed, prefix: source.Key, isSingle: false }
        : await listObjects(client, source, signal)
      const isArchive = all.isSingle && source.Key.endsWith('.tar.gz')
      const listing = isArchive || !isWanted ? all : onlyWanted(all, isWanted)
      const get = signed ? clients.getterBy(addressesOf(source, signed)) : await clients.getter(source)
      const totalBytes = listing.objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      let receivedBytes = 0
      const onBytes = (bytes: number) => progress((receivedBytes += bytes), totalBytes)
      await bringObjects({ client, get, clock, retries, onBytes }, { source, listing, directory: staged }, signal)
      const names = await readdir(staged)
      if (isArchive) {
        await unpack(createReadStream(join(staged, names[0] ?? '')), directory, limits, signal, isWanted)
      } else {
        for (const name of names) await rename(join(staged, name), join(directory, name))
      }
      await rm(staged, { recursive: true, force: true })
    } catch (error) {
      for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
      throw signal.aborted ? signal.reason : s3Fault(error, `s3://${source.Bucket}/${source.Key}`)
    }
  }
}

const onlyWanted = (listing: S3Listing, isWanted: IsWanted): S3Listing => {
  const { objects, prefix } = listing
  return { ...listing, objects: objects.filter(({ key }) => isWanted(objectPath(prefix, key), false)) }
}

const addressesOf = ({ Bucket }: S3Source, objects: readonly SignedObject[]): Map<string, string> =>
  new Map(objects.map(({ key, address }) => [objectUrlPath(Bucket, key), address]))
