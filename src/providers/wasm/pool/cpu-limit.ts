import { readFileSync } from 'node:fs'
import type { Clock } from '#lib/clock.ts'
import { CpuBucket } from './cpu-bucket.ts'
import { nicenessOf, setWeight } from './share-weight.ts'

/** Between two looks at what runs: short against the allowance, long against what a hundred looks cost. */
const lookMs = 50
/** The kernel counts processor time for `/proc` in hundredths of a second, on every machine. */
const tickMs = 10

type Held = {
  pid: number
  /** 1 = as much as there is. */
  cores: number
  bucket?: CpuBucket
  /** What its weight was set to. */
  niceness?: number
  isStopped?: boolean
  restsUntilMs?: number
}

/**
 * Holds running children to less than a core, without root: one that has used more than its share is stopped (SIGSTOP)
 * until it may go on, and weighs as much as it may use, so that many that compute at once do not keep the node from
 * answering. A program has one thread, so a share of a core or more holds by itself.
 */
export class CpuLimit {
  readonly #clock: Clock
  readonly #held = new Set<Held>()
  #isLooking = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now until the function that is returned is called; `cores` of 0 means no limit. */
  hold(pid: number, cores: number): () => void {
    const held: Held = { pid, cores: cores > 0 ? Math.min(cores, 1) : 1 }
    this.#held.add(held)
    if (!this.#isLooking) this.#lookLater()
    return () => {
      this.#held.delete(held)
      // Where it cannot be set now, the first look at the next run sets it.
      if (held.niceness) setWeight(held.pid, 0)
      if (held.isStopped) signal(held.pid, 'SIGCONT')
      held.isStopped = false
    }
  }

  #lookLater(): void {
    this.#isLooking = true
    this.#clock.after(lookMs, () => this.#look())
  }

  #look(): void {
    this.#isLooking = false
    if (this.#held.size > 0) this.#lookLater()
    const nowMs = this.#clock.monotonicMs()
    for (const held of this.#held) this.#lookAt(held, nowMs)
  }

  #lookAt(held: Held, nowMs: number): void {
    if (nowMs < (held.restsUntilMs ?? 0)) return
    const usedMs = usedMsOf(held)
    if (usedMs === undefined) return
    this.#weigh(held)
    if (held.cores < 1) this.#rest(held, nowMs, usedMs)
    else if (held.niceness !== undefined) this.#held.delete(held)
  }

  #weigh(held: Held): void {
    const niceness = nicenessOf(held.cores)
    if (held.niceness === undefined && setWeight(held.pid, niceness)) held.niceness = niceness
  }

  #rest(held: Held, nowMs: number, usedMs: number): void {
    held.bucket ??= new CpuBucket(held.cores, nowMs, usedMs)
    const restMs = held.bucket.restMs(nowMs, usedMs)
    held.restsUntilMs = nowMs + restMs
    if (restMs > 0 !== (held.isStopped ?? false)) signal(held.pid, restMs > 0 ? 'SIGSTOP' : 'SIGCONT')
    held.isStopped = restMs > 0
  }
}

/** Processor time of all its threads; undefined when it has ended. The first look finds the runner itself, behind its sandbox. */
function usedMsOf(held: Held): number | undefined {
  try {
    if (held.niceness === undefined) held.pid = innermost(held.pid)
    const stat = readFileSync(`/proc/${held.pid}/stat`, 'latin1')
    // The second field is a name that may hold anything, in parentheses; user and system time are the 14th and 15th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * tickMs
  } catch {
    return undefined
  }
}

function innermost(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')
  return child ? innermost(Number(child)) : pid
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has just ended, which is as good.
  }
}
