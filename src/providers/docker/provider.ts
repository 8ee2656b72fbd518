import type { Provider } from '#contracts/provider.ts'
import { type DockerDeps, DockerEngine } from './engine.ts'
import type { DockerSettings } from './settings.ts'

/** Programs in containers. */
export const dockerProvider = (settings: DockerSettings, deps: DockerDeps): Provider => ({
  engines: [new DockerEngine(settings, deps)],
})
