import type { Downloader } from '#contracts/downloader.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { unpackTarGz } from './unpack-tar.ts'
import { UrlDownloader } from './url/downloader.ts'
import { defaultUrlSettings } from './url/settings.ts'

/** What the command line fetches results with: one line for each technology that results are published by. */
export const resultDownloaders = (deps: { clock: Clock; random: Random }): Downloader[] => [
  new UrlDownloader(defaultUrlSettings, { ...deps, unpack: unpackTarGz }),
]
