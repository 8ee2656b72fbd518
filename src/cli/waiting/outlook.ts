import type { Client } from '#client/client.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { visibleLine } from '#lib/text/visible.ts'
import type { Execution } from '#models/execution.ts'
import { type ComputeStateName, computeStateNames } from '#models/execution-state.ts'
import { isCounted, type Job } from '#models/job.ts'
import type { Steps } from '../progress/steps.ts'

/** Shortest pause between two looks at the executions; a look that takes long is followed by a longer one. */
const pauseMs = 1_000
const pausesPerLook = 10

/** States that say nothing to who waits, by what they are on the way to. */
const words: Partial<Record<ComputeStateName, string>> = {
  New: 'starting',
  AskForBid: 'starting',
  AskForBidAccepted: 'starting',
  AskForBidRejected: 'refused',
  BidAccepted: 'starting',
  BidRejected: 'refused',
}

/** How far many executions are: `120 completed, 30 running, 50 waiting`. */
export function countsText(job: Job, executions: readonly Execution[]): string {
  const counts = new Map<string, number>()
  for (const name of computeStateNames.toReversed()) {
    const count = executions.filter(({ ComputeState }) => ComputeState.StateType === name).length
    const word = words[name] ?? name.toLowerCase()
    if (count > 0) counts.set(word, (counts.get(word) ?? 0) + count)
  }
  const lost = ['failed', 'cancelled', 'refused'].reduce((sum, word) => sum + (counts.get(word) ?? 0), 0)
  const waiting = isCounted(job.Type) ? job.Count - (executions.length - lost) : 0
  if (waiting > 0) counts.set('waiting', waiting)
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
}

const hasMany = (job: Job): boolean => !isCounted(job.Type) || job.Count > 1

/** Tells on a terminal, below the running step, why a job waits, or how far its executions are. */
export class Outlook {
  readonly #steps: Steps
  readonly #clock: Clock
  readonly #client: Client
  #job: Job | undefined
  #timer: Timer | undefined

  constructor(steps: Steps, clock: Clock, client: Client) {
    this.#steps = steps
    this.#clock = clock
    this.#client = client
  }

  job(job: Job): void {
    this.#job = job
    const why = job.State.StateType === 'Queued' ? `waits: ${visibleLine(job.State.Message ?? '')}` : ''
    this.#steps.note(why)
    if (this.#steps.isLive && hasMany(job)) this.#timer ??= this.#clock.after(pauseMs, () => void this.#look(job.ID))
  }

  stop(): void {
    this.#timer?.stop()
    this.#job = undefined
  }

  /** It is no more than a look: the question for the job itself is asked patiently, and says what is wrong. */
  async #look(id: string): Promise<void> {
    const startMs = this.#clock.monotonicMs()
    const executions = await Array.fromAsync(this.#client.jobs.executions(id)).catch(() => undefined)
    if (!this.#job) return
    if (executions && this.#job.State.StateType !== 'Queued') this.#steps.note(countsText(this.#job, executions))
    const tookMs = this.#clock.monotonicMs() - startMs
    this.#timer = this.#clock.after(Math.max(pauseMs, tookMs * pausesPerLook), () => void this.#look(id))
  }
}
