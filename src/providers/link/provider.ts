import type { Provider } from '#contracts/provider.ts'
import type { ReadUpload } from '#contracts/upload-store.ts'
import { LinkPublisher, type LinkPublisherDeps } from './publisher.ts'
import type { LinkSettings } from './settings.ts'
import { UploadStorage, type UploadStorageDeps } from './upload-storage.ts'

type LinkDeps = LinkPublisherDeps & Omit<UploadStorageDeps, 'read'> & { readUpload: ReadUpload }

/** Results and inputs over the node's own connection. */
export function linkProvider(settings: LinkSettings, { readUpload, ...deps }: LinkDeps): Provider {
  const publisher = new LinkPublisher(settings, deps)
  const storage = new UploadStorage(settings, { ...deps, read: readUpload })
  return { publishers: [publisher], storages: [storage], parts: [publisher, storage] }
}
