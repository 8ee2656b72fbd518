import type { Exit, RunRequest } from '#contracts/engine.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { unlessDone } from './engine-answer.ts'
import { usedDisk } from './used-disk.ts'

export type Watched = {
  api: DockerApi
  clock: Clock
  id: string
  request: RunRequest
  /** Most processes of the container; 0 or less = as many as it likes. */
  pidsLimit: number
  /** Aborted when the engine lets go of what runs. */
  released: AbortSignal
}
export type LimitWatch = {
  /** Why the program was ended, if it was. */
  failure(): Exit['failure']
  /** For a program that has ended: looks a last time, because what it has left counts too; then no more. */
  end(): Promise<Exit['failure']>
}

const intervalMs = 5_000
/** Programs that start processes without end do so at once, mostly: after this many looks they are looked at less often. */
const eagerLooks = 12
const rareIntervalMs = 30_000
/** What is seen once may be over the next moment. */
const looksInARow = 2

/**
 * Ends a program that takes more than it may of what the engine itself does not end it for: the disk that it asked for (X6), looked
 * at every five seconds, and processes, of which the engine only lets it have no more.
 */
export function watchLimits(watched: Watched): LimitWatch {
  const { api, clock, id, request, released } = watched
  const hasDisk = request.resources.Disk > 0
  const lookAtDisk = hasDisk ? diskLook(watched) : async () => undefined
  const looks = [lookAtDisk, ...(watched.pidsLimit > 0 ? [processLook(watched)] : [])]
  let failure: Exit['failure']
  let timer: Timer | undefined
  let isStopped = false
  let count = 0
  const look = async () => {
    count++
    const from = clock.monotonicMs()
    const found = await Promise.all(looks.map((each) => each().catch(() => undefined)))
    if (isStopped || released.aborted) return
    failure ??= found.find((each) => each)
    if (failure) {
      await unlessDone(api.call('POST', `/containers/${id}/kill`, { query: { signal: 'SIGKILL' } })).catch(() => {})
    }
    schedule(clock.monotonicMs() - from)
  }
  const schedule = (lookMs: number) => {
    const isRare = !hasDisk && !failure && count >= eagerLooks
    // Whoever makes very many files shall not keep the node looking at them.
    timer = clock.after(Math.max(isRare ? rareIntervalMs : intervalMs, 4 * lookMs), () => void look())
  }
  schedule(0)
  return {
    failure: () => failure,
    end: async () => {
      isStopped = true
      timer?.stop()
      failure ??= await lookAtDisk().catch(() => undefined)
      return failure
    },
  }
}

type Look = () => Promise<Exit['failure']>

function diskLook({ api, id, request }: Watched): Look {
  const limitBytes = request.resources.Disk
  let unknowns = 0
  return async () => {
    const usedBytes = await usedDisk(api, id, request.outputs)
    unknowns = usedBytes === undefined ? unknowns + 1 : 0
    if (unknowns >= looksInARow) return unmeasured
    if (usedBytes === undefined || usedBytes <= limitBytes) return undefined
    return {
      message: `disk limit exceeded: ${usedBytes} bytes written, ${limitBytes} allowed`,
      class: 'resource',
      hint: 'Ask for more disk in the Resources of the task',
    }
  }
}

const unmeasured: Exit['failure'] = {
  message: 'the disk that the program takes cannot be measured: it has made folders deeper than a path can name',
  class: 'user',
  hint: 'Keep paths shorter than 4096 characters, or ask for no Disk',
}

function processLook({ api, id, pidsLimit }: Watched): Look {
  let fulls = 0
  return async () => {
    const processes = await processCount(api, id)
    fulls = processes >= pidsLimit ? fulls + 1 : 0
    if (fulls < looksInARow) return undefined
    return {
      message: `process limit exceeded: ${processes} processes and threads at once, and it goes on starting more`,
      class: 'resource',
      hint: 'Start fewer at a time; the operator of the node says how many with Compute.Docker.PidsLimit',
    }
  }
}

type Stats = { pids_stats?: { current?: number } }

/** Of this moment alone: the engine would else look twice, a second apart, to say something of the CPU. */
async function processCount(api: DockerApi, id: string): Promise<number> {
  const query = { stream: false, 'one-shot': true }
  const { pids_stats } = await api.call<Stats>('GET', `/containers/${id}/stats`, { query })
  return pids_stats?.current ?? 0
}
