import type { Provider } from '#contracts/provider.ts'
import { LinkPublisher, type LinkPublisherDeps } from './publisher.ts'
import type { LinkSettings } from './settings.ts'

/** Results over the node's own connection. */
export function linkProvider(settings: LinkSettings, deps: LinkPublisherDeps): Provider {
  const publisher = new LinkPublisher(settings, deps)
  return { publishers: [publisher], parts: [publisher] }
}
