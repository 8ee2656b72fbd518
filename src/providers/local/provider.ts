import type { Provider } from '#contracts/provider.ts'
import { LocalPublisher, type LocalPublisherDeps } from './publisher.ts'
import type { LocalSettings } from './settings.ts'
import { LocalStorage } from './storage.ts'

/** Inputs from this node's own disk, and results that stay on it. */
export function localProvider(
  settings: LocalSettings,
  deps: LocalPublisherDeps,
): Provider & { publisher: LocalPublisher } {
  const publisher = new LocalPublisher(settings.publisher, deps)
  return { storages: [new LocalStorage(settings.allowedPaths)], publishers: [publisher], parts: [publisher], publisher }
}
