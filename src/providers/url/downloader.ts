import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AddressesOf } from '#contracts/addresses.ts'
import type { ArchiveWishes, BringArchive, IsWanted } from '#contracts/archive.ts'
import type { ArchiveBytes, ArchiveRest } from '#contracts/archive-bytes.ts'
import type { Downloader, DownloadProgress } from '#contracts/downloader.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { beginDownload, type Download } from './download.ts'
import { fileNameOf } from './file-name.ts'
import type { ProxyFor } from './proxies.ts'
import type { UrlSettings } from './settings.ts'
import { decodeUrlSource, shownUrl, urlType } from './source.ts'

export type UrlDownloaderDeps = {
  clock: Clock
  random: Random
  bring: BringArchive
  /** As the user's environment says. */
  proxyFor: ProxyFor
}

/** A user may fetch from wherever a result lies. */
const anywhere: AddressesOf = async (host) => [host]

const isArchive = (url: string): boolean => /\.(?:tar\.gz|tgz)$/i.test(new URL(url).pathname)

/** Fetches results that nodes give out over HTTP, and unpacks the archives among them [R187]. */
export class UrlDownloader implements Downloader {
  readonly types = [urlType]
  readonly #settings: UrlSettings
  readonly #deps: UrlDownloaderDeps

  constructor(settings: UrlSettings, deps: UrlDownloaderDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  /** A broken connection is taken up again where it broke, also by a later call; nothing is in the folder unless all of it came. */
  async download(
    result: SpecConfig,
    directory: string,
    progress: DownloadProgress,
    signal: AbortSignal,
    isWanted?: IsWanted,
  ): Promise<void> {
    const { url, sha256 = digestOf(result), ...login } = decodeUrlSource(result)
    const { readTimeoutMs, retries } = this.#settings
    const { GuardedWeb } = await import('./connector.ts')
    const dispatcher = new GuardedWeb({ addressesOf: anywhere, proxyFor: this.#deps.proxyFor, readTimeoutMs })
    try {
      const parts = { dispatcher, clock: this.#deps.clock, retries }
      const begin = (rest?: ArchiveRest) => beginDownload(parts, { url, ...login, signal, rest })
      const wishes = { ...(sha256 !== undefined && { sha256 }), progress, signal, isWanted }
      if (isArchive(url)) await this.#deps.bring(async (rest) => archiveOf(await begin(rest)), directory, wishes)
      else await this.#bringAny(await begin(), directory, wishes)
    } catch (error) {
      await emptied(directory)
      if (signal.aborted) throw signal.reason
      throw asFault(error, url)
    } finally {
      await dispatcher.destroy()
    }
  }

  /** What it is may be known only when it was redirected to. */
  async #bringAny(download: Download, directory: string, wishes: ArchiveWishes): Promise<void> {
    if (isArchive(download.url)) return this.#deps.bring(async () => archiveOf(download), directory, wishes)
    const name = fileNameOf(download.url, undefined, this.#deps.random.uuid)
    const file = createWriteStream(join(directory, name), { flags: 'wx' })
    await pipeline(Readable.from(told(download, wishes.progress)), file, { signal: wishes.signal })
  }
}

/** What breaks here is the transfer, whoever reads it. */
async function* told({ chunks, totalBytes, url }: Download, progress: DownloadProgress): AsyncGenerator<Buffer> {
  let receivedBytes = 0
  try {
    for await (const chunk of chunks) {
      receivedBytes += chunk.length
      progress(receivedBytes, totalBytes)
      yield chunk
    }
  } catch (error) {
    throw asFault(error, url)
  }
}

const archiveOf = (download: Download): ArchiveBytes => ({ ...download, chunks: told(download, () => {}) })

/** Of an archive that an orchestrator keeps, as its node has said. */
const digestOf = ({ Params }: SpecConfig): string | undefined =>
  typeof Params?.SHA256 === 'string' ? Params.SHA256 : undefined

async function emptied(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
}

function asFault(error: unknown, url: string): Fault {
  if (error instanceof Fault) return error
  return new Fault('ServiceUnavailable', `cannot download ${shownUrl(url)}: ${messageOf(error)}`, {
    hint: 'The node that keeps the result must be reachable from here; ask its operator, or try again',
    isRetryable: true,
    cause: error,
  })
}
