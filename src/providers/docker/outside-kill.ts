import type { Exit } from '#contracts/engine.ts'
import type { DockerApi } from './api.ts'
import { isToldOf } from './container-events.ts'
import type { ContainerInfo } from './container-state.ts'
import { dockerStatusOf } from './engine-answer.ts'

/**
 * Whether the engine signalled a program that we did not want to end: it does so when it shuts down or comes back after a crash,
 * and when people ask it to. An engine that is gone right after it told of an end has caused it; one that keeps no events has not.
 */
export async function wasKilledOutside(api: DockerApi, info: ContainerInfo): Promise<boolean> {
  return isToldOf(api, 'kill', info).catch((error: unknown) => dockerStatusOf(error) === undefined)
}

export const killedOutside = (exitCode: number): Exit => ({
  exitCode,
  failure: {
    message: `the container engine ended the program before it was done (exit code ${exitCode})`,
    class: 'node',
    hint: 'The engine of the node was stopped or restarted, or somebody ended the container by hand',
  },
})
