import type { UnpackArchive } from '#contracts/archive.ts'
import type { Provider } from '#contracts/provider.ts'
import type { InlineSettings } from './settings.ts'
import { InlineStorage } from './storage.ts'

/** Input data that travels inside the job. */
export const inlineProvider = (settings: InlineSettings, deps: { unpack: UnpackArchive }): Provider => ({
  storages: [new InlineStorage(settings, deps.unpack)],
})
