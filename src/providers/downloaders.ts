import type { Readable } from 'node:stream'
import type { Downloader } from '#contracts/downloader.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { resultLimits, UrlDownloader } from '#providers/url/downloader.ts'
import type { UrlSettings } from '#providers/url/settings.ts'
import { unpackTarGz } from './unpack-tar.ts'

/** Silence ends soon: a node that cannot be reached from here is read through the orchestrator instead. */
const resultSettings: UrlSettings = { readTimeoutMs: 10_000, retries: 1, maxBytes: 0 }

/** What the command line fetches results with: one line for each technology that results are published by. */
export const resultDownloaders = (deps: { clock: Clock; random: Random }): Downloader[] => [
  new UrlDownloader(resultSettings, { ...deps, unpack: unpackTarGz }),
]

/** What a node's publisher has packed, wherever its bytes come from; nothing is left in the folder unless all of it came. */
export const unpackResult = (source: Readable, directory: string, signal: AbortSignal): Promise<void> =>
  unpackTarGz(source, directory, resultLimits, signal)
