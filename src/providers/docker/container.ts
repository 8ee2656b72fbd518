import type { Readable } from 'node:stream'
import type { Exit, RunningProgram } from '#contracts/engine.ts'
import type { Traffic } from '#contracts/http-gate.ts'
import type { LogSink } from '#contracts/log-sink.ts'
import type { Clock } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { ContainerOutput } from './container-output.ts'
import { type Ended, exitOf, inspectContainer, outOfMemory, untilEnded } from './container-state.ts'
import { unlessDone } from './engine-answer.ts'
import { outlivesEngine } from './engine-kind.ts'
import type { LimitWatch } from './limit-watch.ts'
import { hasMemoryKills } from './memory-kills.ts'
import { killedOutside, wasKilledOutside } from './outside-kill.ts'
import { patiently } from './patience.ts'
import { wasShortOfMemory } from './short-memory.ts'

export type Held = {
  api: DockerApi
  clock: Clock
  id: string
  logs: LogSink
  /** Most that the engine keeps of the output. */
  engineKeepsBytes: number
  /** Output from the start; undefined for a container found after a restart of ours, which is read from the engine's copy. */
  live?: Readable
  /** Aborted when the engine lets go of what runs. */
  released: AbortSignal
  /** Says something of the run to its user. */
  tell: (text: string) => void
  /** Runs once the program has ended, before what it has left is looked at. */
  openResults: () => Promise<void>
  /** Runs once the program has ended and all of its output is given, before anybody is told. */
  beforeExit: (exit: Exit) => Promise<void>
  /** Ends it when it takes too much. */
  limits: LimitWatch
  /** What went over its network; undefined = that is not counted. */
  traffic?: () => Traffic | undefined
}

const gapNote =
  'A part of what the program printed while nobody read it may be missing: it has printed more than Compute.Docker.LogMaxSize has the engine keep'

/** Holds a container that runs, or has ended without being collected. */
export function holdContainer(held: Held): RunningProgram {
  let isStopped = false
  const exit = new Promise<Exit>((resolve) => {
    follow(held, () => isStopped).then(resolve, () => {
      // Let go: the container goes on, and whoever attaches to it next learns its end.
    })
  })
  const stop = (graceMs: number) => {
    isStopped = true
    return stopContainer(held, exit, graceMs)
  }
  return { exit, stop }
}

async function follow(held: Held, isStopped: () => boolean): Promise<Exit> {
  const output = new ContainerOutput({ ...held, sink: held.logs, onGap: () => held.tell(gapNote) })
  const releaseLive = () => held.live?.destroy()
  held.released.addEventListener('abort', releaseLive, { once: true })
  try {
    let copied: Promise<boolean | void> = held.live ? output.copyLive(held.live) : output.followKept(held.released)
    // At once: what the kernel has counted goes with the container.
    let memoryKills = copied.then(() => hasMemoryKills(held.id))
    const onBack = () => {
      copied = copied.then(() => output.followKept(held.released))
      memoryKills = copied.then(() => hasMemoryKills(held.id))
    }
    const ended = await untilEnded({ ...held, signal: held.released, onBack })
    const isWhole = await output.lastOf(copied)
    held.released.throwIfAborted()
    if (ended.info && (!isWhole || ended.wasCut))
      await output.copyKept(held.released, isWhole === false || ended.wasCut)
    held.released.throwIfAborted()
    if (isStopped() || held.limits.failure() !== undefined) return await concluded(held, exitOf(ended.info))
    // Output that broke off says nothing of when the program ended, and so a count of none nothing of how.
    const isCounted = isWhole !== false && !ended.wasCut
    const hasKills = await memoryKills
    return await concluded(held, await ownExit(held.api, ended, isCounted ? hasKills : hasKills || undefined))
  } finally {
    held.released.removeEventListener('abort', releaseLive)
  }
}

/** The exit of a program that we did not end: the engine may have, when it went away or came back, or the kernel for its memory. */
async function ownExit(api: DockerApi, { info, wasCut }: Ended, hasLackedMemory: boolean | undefined): Promise<Exit> {
  const exit = exitOf(info)
  if (!info || exit.failure) return exit
  const isEngines = (wasCut && !(await outlivesEngine(api))) || (await wasKilledOutside(api, info))
  if (isEngines) return killedOutside(exit.exitCode)
  return (hasLackedMemory ?? (await wasShortOfMemory(api, info))) ? outOfMemory(exit.exitCode) : exit
}

async function concluded(held: Held, exit: Exit): Promise<Exit> {
  await held.openResults()
  const failure = await held.limits.end()
  const traffic = held.traffic?.()
  const final = { ...exit, ...(failure && { failure }), ...(traffic && { traffic }) }
  await held.beforeExit(final)
  return final
}

/**
 * Its own stop signal, then the kill `graceMs` after that; each call has its own grace, so that a later one can be shorter. An engine
 * that is away is waited for, because the program may outlive it; so the grace counts from when the engine has the signal.
 */
async function stopContainer(held: Held, exit: Promise<Exit>, graceMs: number): Promise<void> {
  const { api, clock, id, released } = held
  const ended = new AbortController()
  const noMore = AbortSignal.any([released, ended.signal])
  void exit.then(() => ended.abort())
  const kill = (signal: string) => unlessDone(api.call('POST', `/containers/${id}/kill`, { query: { signal } }))
  try {
    const isAsked =
      graceMs > 0 &&
      (await patiently(async () => kill(await stopSignal(held)), clock, noMore).then(
        () => true,
        () => false,
      ))
    if (isAsked) await clock.sleep(graceMs, noMore)
    await patiently(() => kill('SIGKILL'), clock, noMore)
  } catch {
    // It has ended, or whoever attaches to it next stops it; what the engine will not do is not done.
  }
  await exit
}

async function stopSignal(held: Held): Promise<string> {
  const info = await inspectContainer(held.api, held.id)
  return info?.Config.StopSignal || 'SIGTERM'
}
