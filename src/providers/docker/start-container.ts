import type { Readable } from 'node:stream'
import type { Exit } from '#contracts/engine.ts'
import type { DockerApi } from './api.ts'
import { inspectContainer } from './container-state.ts'
import { dockerStatusOf } from './engine-answer.ts'
import { startFailure } from './start-failure.ts'

export type Started = { live: Readable } | { failure: Exit }

/**
 * Starts a container with its output in our hands from the first byte. The answer is a failure when the program itself cannot
 * be started: Podman finds that out when its output is attached to, Docker when it starts. An engine that is away is thrown.
 */
export async function startContainer(api: DockerApi, id: string, signal: AbortSignal): Promise<Started> {
  let live: Readable | undefined
  try {
    live = await api.attach(id)
    signal.throwIfAborted()
    await api.call('POST', `/containers/${id}/start`)
    return { live }
  } catch (error) {
    live?.destroy()
    if (dockerStatusOf(error) === undefined) throw error
    return { failure: startFailure(error, (await inspectContainer(api, id))?.State.ExitCode) }
  }
}
