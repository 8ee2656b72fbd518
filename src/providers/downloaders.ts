import type { Downloader } from '#contracts/downloader.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { UrlDownloader } from '#providers/url/downloader.ts'
import { defaultUrlSettings } from '#providers/url/settings.ts'
import { unpackTarGz } from './unpack-tar.ts'

/** What the command line fetches results with: one line for each technology that results are published by. */
export const resultDownloaders = (deps: { clock: Clock; random: Random }): Downloader[] => [
  new UrlDownloader(defaultUrlSettings, { ...deps, unpack: unpackTarGz }),
]
