import type { Readable } from 'node:stream'
import type { Downloader } from '#contracts/downloader.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { resultLimits, UrlDownloader } from '#providers/url/downloader.ts'
import { defaultUrlSettings } from '#providers/url/settings.ts'
import { unpackTarGz } from './unpack-tar.ts'

/** What the command line fetches results with: one line for each technology that results are published by. */
export const resultDownloaders = (deps: { clock: Clock; random: Random }): Downloader[] => [
  new UrlDownloader(defaultUrlSettings, { ...deps, unpack: unpackTarGz }),
]

/** What a node's publisher has packed, wherever its bytes come from; nothing is left in the folder unless all of it came. */
export const unpackResult = (source: Readable, directory: string, signal: AbortSignal): Promise<void> =>
  unpackTarGz(source, directory, resultLimits, signal)
