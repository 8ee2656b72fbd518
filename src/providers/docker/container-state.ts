import type { Exit } from '#contracts/engine.ts'
import type { Clock } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { dockerStatusOf } from './engine-answer.ts'

/** What the engine knows of a container; only what we use. */
export type ContainerInfo = {
  Id: string
  State: {
    Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
    Running: boolean
    /** 0 when it does not run. */
    Pid: number
    OOMKilled: boolean
    ExitCode: number
    Error: string
    StartedAt: string
    FinishedAt: string
  }
  Config: { StopSignal?: string; Labels?: Record<string, string> }
  HostConfig: { Memory?: number }
}

const patienceMs = 600_000
const longestPauseMs = 5_000

/** Undefined when there is no such container (any more). */
export async function inspectContainer(api: DockerApi, id: string): Promise<ContainerInfo | undefined> {
  try {
    return await api.call<ContainerInfo>('GET', `/containers/${id}/json`)
  } catch (error) {
    if (dockerStatusOf(error) === 404) return undefined
    throw error
  }
}

export type Ended = {
  /** Undefined: the container is gone, or the engine did not answer for too long. */
  info: ContainerInfo | undefined
  /** The engine was away meanwhile: output may have gone by. */
  wasCut: boolean
}

/** Waits until a container does not run. An engine that goes away is waited for, up to ten minutes at a time. */
export async function untilEnded(api: DockerApi, id: string, clock: Clock, signal: AbortSignal): Promise<Ended> {
  let wasCut = false
  for (let awayMs = 0, pauseMs = 200; awayMs < patienceMs; ) {
    try {
      await api.call('POST', `/containers/${id}/wait`, { deadlineMs: 0, signal })
      const info = await inspectContainer(api, id)
      if (!info?.State.Running) return { info, wasCut }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (dockerStatusOf(error) === 404) return { info: undefined, wasCut }
      wasCut = true
      await clock.sleep(pauseMs, signal)
      awayMs += pauseMs
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }
  return { info: undefined, wasCut }
}

/** The exit of a container that has ended (execution.md §1.10). A non-zero code alone is no failure. */
export function exitOf(info: ContainerInfo | undefined): Exit {
  if (!info) {
    const message = 'the container disappeared before its result was collected'
    return { exitCode: -1, failure: { message, class: 'node' } }
  }
  const { ExitCode: exitCode, OOMKilled: isOutOfMemory, Error: error } = info.State
  if (isOutOfMemory) {
    const hint = 'Ask for more memory in the Resources of the task'
    return { exitCode, failure: { message: 'memory limit exceeded', class: 'resource', hint } }
  }
  if (error !== '') return { exitCode, failure: { message: error, class: 'node' } }
  return { exitCode }
}
