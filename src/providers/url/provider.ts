import type { Provider } from '#contracts/provider.ts'
import { UrlDownloader, type UrlDownloaderDeps } from './downloader.ts'
import type { UrlSettings } from './settings.ts'
import { UrlStorage, type UrlStorageDeps } from './storage.ts'

/** Inputs from the web, and results that nodes give out over it. */
export function urlProvider(settings: UrlSettings, deps: UrlStorageDeps & UrlDownloaderDeps): Provider {
  const storage = new UrlStorage(settings, deps)
  return { storages: [storage], downloaders: [new UrlDownloader(settings, deps)], parts: [storage] }
}
