import { constants } from 'node:os'
import type { Exit } from '#contracts/engine.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { dockerStatusOf } from './engine-answer.ts'
import { patiently } from './patience.ts'

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
  HostConfig: { Memory?: number; DeviceRequests?: unknown[] | null }
}

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

export type Watched = {
  api: DockerApi
  id: string
  clock: Clock
  signal: AbortSignal
  /** Hears that the engine was away and is back, and that the container runs on. */
  onBack: () => void
}

/** Waits until a container does not run, also for an engine that goes away meanwhile. */
export async function untilEnded({ api, id, clock, signal, onBack }: Watched): Promise<Ended> {
  let wasCut = false
  let isAway = false
  const ended = async (): Promise<ContainerInfo | undefined> => {
    for (;;) {
      if (isAway) {
        const info = await inspectContainer(api, id)
        if (!info?.State.Running) return info
        isAway = false
        onBack()
      }
      await toldOfEnd(api, id, clock, signal)
      const info = await inspectContainer(api, id)
      if (!info?.State.Running) return info
    }
  }
  const onAway = () => {
    wasCut = true
    isAway = true
  }
  const info = await patiently(ended, clock, signal, onAway).catch(() => undefined)
  signal.throwIfAborted()
  return { info, wasCut }
}

const firstLookMs = 2_000
const longestLookMs = 60_000

/** The engine tells when it does not run any more. One may forget to, as Podman does when it ends in that very moment: so it is looked at now and then. */
async function toldOfEnd(api: DockerApi, id: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const answered = new AbortController()
  const seen = Promise.withResolvers<void>()
  let timer: Timer | undefined
  const lookIn = (ms: number): void => {
    if (answered.signal.aborted) return
    timer = clock.after(ms, () => {
      inspectContainer(api, id).then(
        (info) => (info?.State.Running ? lookIn(Math.min(2 * ms, longestLookMs)) : seen.resolve()),
        // An engine that is away ends the call that waits, too.
        () => lookIn(ms),
      )
    })
  }
  lookIn(firstLookMs)
  try {
    const waiting = { deadlineMs: 0, signal: AbortSignal.any([signal, answered.signal]) }
    await Promise.race([api.call('POST', `/containers/${id}/wait`, waiting), seen.promise])
  } finally {
    timer?.stop()
    answered.abort()
  }
}

/** The exit of a container that has ended. A non-zero code alone is no failure. */
export function exitOf(info: ContainerInfo | undefined): Exit {
  if (!info) {
    const message = 'the container disappeared before its result was collected'
    return { exitCode: -1, failure: { message, class: 'node' } }
  }
  const { ExitCode: exitCode, OOMKilled: isOutOfMemory, Error: error } = info.State
  if (isOutOfMemory) return outOfMemory(exitCode)
  if (error !== '') return { exitCode, failure: { message: error, class: 'node' } }
  const signal = signalOf(exitCode)
  return { exitCode, ...(signal && { signal }) }
}

export function outOfMemory(exitCode: number): Exit {
  const hint = 'Ask for more memory in the Resources of the task'
  return { exitCode, failure: { message: 'memory limit exceeded', class: 'resource', hint, lacks: 'memory' } }
}

/** Runtimes give a program that a signal ended the code 128 and the signal's number. */
const signalOf = (exitCode: number): string | undefined =>
  Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0]
