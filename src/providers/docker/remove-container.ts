import type { DockerApi } from './api.ts'
import { unlessDone } from './engine-answer.ts'

/** With what the engine made for it. Throws a Fault when the engine does not do it. */
export const removeContainer = (api: DockerApi, nameOrId: string): Promise<void> =>
  unlessDone(api.call('DELETE', `/containers/${nameOrId}`, { query: { force: true, v: true } }))
