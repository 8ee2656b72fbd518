import type { DockerApi } from './api.ts'
import { unlessDone } from './engine-answer.ts'

/** With what the engine made for it. What cannot be removed now is found by its label at the next sweep. */
export const removeContainer = (api: DockerApi, nameOrId: string): Promise<void> =>
  unlessDone(api.call('DELETE', `/containers/${nameOrId}`, { query: { force: true, v: true } })).catch(() => {})
