import type { Client } from '#client/client.ts'
import type { Clock, Timer } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { isLongRunning, type Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { Signalled, type SignalName } from '../host.ts'
import type { Steps } from '../progress/steps.ts'
import { Outlook } from './outlook.ts'
import { patiently } from './patience.ts'

const messages = {
  contact: 'Communicating with the network',
  creating: 'Creating job for submission',
  running: 'Job in progress',
}
/** Columns of the longest step. */
export const stepWidth = 30
/** Longest question to the server; it answers at once when something changes. */
const questionMs = 30_000
/** A job that runs for less is not shown as running: the line would only flicker. */
const shownAfterMs = 500

export type WaitEnd =
  /** Terminal, or a service or daemon that runs. */
  | { readonly kind: 'ended'; readonly job: Job }
  | { readonly kind: 'timeout'; readonly job: Job }
  | { readonly kind: 'interrupted'; readonly signal: SignalName }

export type WaitParts = {
  readonly client: Client
  readonly clock: Clock
  readonly steps: Steps
  readonly interrupted: AbortSignal
  /** Told once each time the server does not answer any more. */
  readonly onSilence: (reason: string) => void
}

/** Waits until a submitted job has ended (a service or daemon: until it runs), showing how far it is. Never polls. */
export async function waitForJob(id: string, timeoutMs: number, parts: WaitParts): Promise<WaitEnd> {
  const { client, clock, steps, interrupted } = parts
  const startMs = clock.monotonicMs()
  const show = new Progress(steps, clock, startMs)
  const outlook = new Outlook(steps, clock, client)
  try {
    steps.begin(messages.contact)
    let job = (await untilAnswered(() => client.jobs.get(id, {}, interrupted), parts)).Job
    steps.begin(messages.creating)
    while (!isDone(job)) {
      show.state(job)
      outlook.job(job)
      const leftMs = timeoutMs - (clock.monotonicMs() - startMs)
      if (leftMs <= 0) return end({ kind: 'timeout', job }, 'cancelled', steps, show)
      const query = { wait: Math.ceil(Math.min(leftMs, questionMs)), index: job.Revision }
      job = (await untilAnswered(() => client.jobs.get(id, query, interrupted), parts)).Job
    }
    show.state(job)
    return end({ kind: 'ended', job }, hasFailed(job) ? 'failed' : 'done', steps, show)
  } catch (error) {
    const signal = error instanceof Signalled ? error : interrupted.reason
    if (signal instanceof Signalled)
      return end({ kind: 'interrupted', signal: signal.signal }, 'cancelled', steps, show)
    end({ kind: 'interrupted', signal: 'SIGINT' }, 'failed', steps, show)
    throw error
  } finally {
    outlook.stop()
  }
}

const isDone = (job: Job): boolean =>
  isTerminalJob(job.State.StateType) || (isLongRunning(job.Type) && job.State.StateType === 'Running')

export const hasFailed = (job: Job): boolean => job.State.StateType === 'Failed' || job.State.StateType === 'Stopped'

function end(result: WaitEnd, how: 'done' | 'failed' | 'cancelled', steps: Steps, show: Progress): WaitEnd {
  show.stop()
  steps.end(how)
  return result
}

/** The job goes on while the server does not answer. */
const untilAnswered = <Value>(ask: () => Promise<Value>, parts: WaitParts): Promise<Value> => {
  const { clock, interrupted, steps, onSilence } = parts
  const onFailure = (error: unknown, failures: number) => {
    if (failures === 1) onSilence(messageOf(error))
    steps.note(`the server does not answer; the job goes on; asking again (${failures})`)
  }
  return patiently(ask, { clock, interrupted, onFailure }).catch((error: unknown) => {
    throw error instanceof Signalled ? error : outOfReach(error)
  })
}

const outOfReach = (error: unknown): Fault =>
  new Fault('ServiceUnavailable', `Error getting job: ${messageOf(error)}`, {
    hint: 'the job goes on without being waited for; look at it once the server answers',
    cause: error,
  })

/** Turns states into steps: one that runs is shown once it has run for a moment, a service at once. */
class Progress {
  readonly #steps: Steps
  readonly #clock: Clock
  readonly #startMs: number
  #isRunningShown = false
  #timer: Timer | undefined

  constructor(steps: Steps, clock: Clock, startMs: number) {
    this.#steps = steps
    this.#clock = clock
    this.#startMs = startMs
  }

  state(job: Job): void {
    if (job.State.StateType !== 'Running' || this.#isRunningShown || this.#timer) return
    const leftMs = isLongRunning(job.Type) ? 0 : shownAfterMs - (this.#clock.monotonicMs() - this.#startMs)
    if (leftMs <= 0) return this.#showRunning()
    this.#timer = this.#clock.after(leftMs, () => this.#showRunning())
  }

  stop(): void {
    this.#timer?.stop()
  }

  #showRunning(): void {
    this.#isRunningShown = true
    this.#steps.begin(messages.running)
  }
}
