import type { Provider } from '#contracts/provider.ts'
import { NoopEngine } from './engine.ts'
import { NoopPublisher } from './publisher.ts'
import type { NoopSettings } from './settings.ts'
import { NoopStorage } from './storage.ts'

/** The technology that does nothing. */
export const noopProvider = ({ isWhole }: NoopSettings): Provider => ({
  publishers: [new NoopPublisher()],
  ...(isWhole && { engines: [new NoopEngine()], storages: [new NoopStorage()] }),
})
