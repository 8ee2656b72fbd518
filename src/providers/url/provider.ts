import type { Provider } from '#contracts/provider.ts'
import type { UrlSettings } from './settings.ts'
import { UrlStorage, type UrlStorageDeps } from './storage.ts'

/** Inputs from the web. */
export function urlProvider(settings: UrlSettings, deps: UrlStorageDeps): Provider {
  const storage = new UrlStorage(settings, deps)
  return { storages: [storage], parts: [storage] }
}
