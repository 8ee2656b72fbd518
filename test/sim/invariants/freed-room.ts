import type { Change } from '#contracts/store.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { type Job, mainTask } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { World } from '../world.ts'
import { roomFor } from './quiet.ts'
import type { Seen } from './rule.ts'

const limitUs = 100_000

/** L4: a moment after room was freed in a calm cluster, nothing waits that could use it. */
export class FreedRoom {
  readonly #world: World
  readonly #seen: Seen
  #isCalm = false

  constructor(world: World, seen: Seen) {
    this.#world = world
    this.#seen = seen
  }

  calm(): void {
    this.#isCalm = true
  }

  onDurable({ updateExecutions }: Change): void {
    if (!this.#isCalm) return
    const isFreed = updateExecutions?.some(({ execution }) => isTerminalExecution(execution.ComputeState.StateType))
    if (isFreed) this.#world.timeline.after(limitUs, 'look at freed room', () => this.#look())
  }

  #look(): void {
    for (const job of this.#seen.model.jobs.values()) {
      if (isTerminalJob(job.State.StateType) || this.#isPausing(job) || this.#isOutOfTime(job)) continue
      const node = roomFor(job, this.#seen)
      if (node) this.#world.violate('L4', `${node} has had room for job ${job.ID} for 100 ms`)
    }
  }

  /** Nothing of it starts any more: what its node ends with its time is heard before it is failed. */
  #isOutOfTime(job: Job): boolean {
    const { TotalTimeout = 0n } = mainTask(job).Timeouts
    return TotalTimeout > 0n && this.#seen.nowNs() >= job.VersionTime + TotalTimeout * 1_000_000_000n
  }

  /** Some attempt failed, and the next one may have to wait for its time. */
  #isPausing(job: Job): boolean {
    const own = this.#seen.model.executionsOf(job.ID)
    return own.some((e) => e.ComputeState.StateType === 'Failed' && this.#seen.model.slotOf(e).at(-1)?.ID === e.ID)
  }
}
