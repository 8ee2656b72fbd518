import { readFileSync } from 'node:fs'
import { CpuBucket } from './cpu-bucket.ts'
import { nicenessOf, setWeight } from './share-weight.ts'

/** The kernel counts processor time for `/proc` in hundredths of a second, on every machine. */
const tickMs = 10

/** A child whose processor time is counted, and which is stopped (SIGSTOP) and weighs (niceness) as that asks for. */
export class HeldProgram {
  #pid: number
  readonly #cores: number
  #bucket: CpuBucket | undefined
  #usedMs: number | undefined
  #isNew = true
  #niceness: number | undefined
  #restsUntilMs = 0
  #isStopped = false

  /** `cores`: what it may use, 0 < cores <= 1; it has one thread, so a whole core holds by itself. */
  constructor(pid: number, cores: number) {
    this.#pid = pid
    this.#cores = cores
  }

  /** Computes: has done so since the last look, or would have, had it not been stopped. Rests: may not, by its share. */
  look(nowMs: number): 'computes' | 'rests' | 'waits' {
    if (nowMs < this.#restsUntilMs) return 'rests'
    if (this.#isStopped) return 'computes'
    if (this.#isLookedAtFirst()) return 'waits'
    const usedMs = this.#readUsedMs()
    if (usedMs === undefined) return 'waits'
    const hasComputed = usedMs > (this.#usedMs ?? usedMs)
    this.#usedMs = usedMs
    // Not before: it costs the kernel more than many a short program uses.
    if (hasComputed) this.#weigh()
    const restMs = this.#restMs(nowMs, usedMs)
    this.#restsUntilMs = nowMs + restMs
    if (restMs > 0) return 'rests'
    return hasComputed ? 'computes' : 'waits'
  }

  /** Most programs have ended at the second look: asking the kernel about each would cost many short ones a fortieth of their time. */
  #isLookedAtFirst(): boolean {
    const isNew = this.#isNew
    this.#isNew = false
    return isNew
  }

  setStopped(isStopped: boolean): void {
    if (isStopped === this.#isStopped) return
    signal(this.#pid, isStopped ? 'SIGSTOP' : 'SIGCONT')
    this.#isStopped = isStopped
  }

  /** It may have as much as it likes from now on. */
  release(): void {
    // Where it cannot be set now, the first look at the next run sets it.
    if (this.#niceness) setWeight(this.#pid, 0)
    this.setStopped(false)
  }

  #weigh(): void {
    const niceness = nicenessOf(this.#cores)
    if (this.#niceness === undefined && setWeight(this.#pid, niceness)) this.#niceness = niceness
  }

  #restMs(nowMs: number, usedMs: number): number {
    if (this.#cores >= 1) return 0
    this.#bucket ??= new CpuBucket(this.#cores, nowMs, usedMs)
    return this.#bucket.restMs(nowMs, usedMs)
  }

  /** Processor time of all its threads; undefined when it has ended. The first look finds the runner itself, behind its sandbox. */
  #readUsedMs(): number | undefined {
    try {
      if (this.#usedMs === undefined) this.#pid = innermost(this.#pid)
      const stat = readFileSync(`/proc/${this.#pid}/stat`, 'latin1')
      // The second field is a name that may hold anything, in parentheses; user and system time are the 14th and 15th.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * tickMs
    } catch {
      return undefined
    }
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
