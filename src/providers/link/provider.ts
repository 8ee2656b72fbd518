import type { Provider } from '#contracts/provider.ts'
import { LinkPublisher, type LinkPublisherDeps } from './publisher.ts'
import type { LinkSettings } from './settings.ts'
import { UploadStorage, type UploadStorageDeps } from './upload-storage.ts'

type LinkDeps = LinkPublisherDeps & Omit<UploadStorageDeps, 'read'>

/** Results and inputs over the node's own connection. */
export function linkProvider(settings: LinkSettings, deps: LinkDeps): Provider {
  const publisher = new LinkPublisher(settings, deps)
  const storage = new UploadStorage(settings, { ...deps, read: deps.readUpload })
  return { publishers: [publisher], storages: [storage], parts: [publisher, storage] }
}
