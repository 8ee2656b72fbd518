import type { Change } from '#contracts/store.ts'
import { allocatedOf, type Execution } from '#models/execution.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { stopTexts } from '#orchestrator/events.ts'
import { askedMemoryBytes } from '../job-mix.ts'
import type { World } from '../world.ts'
import { isLive } from './durable-model.ts'
import { executionRules } from './execution-rules.ts'
import { FreedRoom } from './freed-room.ts'
import { jobRules } from './job-rules.ts'
import type { JobStep, Rule, Seen } from './rule.ts'
import { startRules } from './start-rules.ts'

/** Checks every change that became durable and every start of a program, as they happen. */
export class Watch {
  readonly #world: World
  readonly seen: Seen
  readonly #freedRoom: FreedRoom

  constructor(world: World, seen: Seen) {
    this.#world = world
    this.seen = seen
    this.#freedRoom = new FreedRoom(world, seen)
    seen.witness.onStart = (start) => this.#check(startRules, start)
  }

  onDurable(change: Change): void {
    const { model } = this.seen
    const executions = [
      ...(change.insertExecutions ?? []),
      ...(change.updateExecutions ?? []).map(({ execution }) => execution),
    ]
    this.#checkRemovals(change)
    model.applyRemovals(change)
    const jobSteps = model.applyJobs(change)
    const executionSteps = executions.map((after) => ({ before: model.executions.get(after.ID), after }))
    this.#count(jobSteps, executions)
    model.applyExecutions(change)
    for (const step of jobSteps) this.#check(jobRules, step)
    for (const step of executionSteps) {
      this.#check(executionRules, { ...step, job: model.jobOf(step.after) })
    }
    model.applyRest(change)
    this.#freedRoom.onDurable(change)
  }

  /** The cluster has come to rest: from now on it has no excuse. */
  calm(): void {
    this.#freedRoom.calm()
  }

  #count(jobs: readonly JobStep[], executions: readonly Execution[]): void {
    const { counts } = this.#world
    if (executions.some(({ FailureClass }) => FailureClass === 'lost')) counts.add('execution lost')
    if (executions.some((each) => (allocatedOf(each)?.Memory ?? 0) > askedMemoryBytes)) counts.add('more memory given')
    if (executions.some(({ DesiredState }) => DesiredState.Message === stopTexts.drained)) counts.add('work moved')
    if (executions.some(({ DesiredState }) => DesiredState.Message === stopTexts.drainedByNow))
      counts.add('drain at its deadline')
    if (jobs.some(({ before, after }) => before && after.Version > before.Version)) counts.add('version updated')
    if (jobs.some(({ after }) => after.State.StateType === 'Queued')) counts.add('job queued')
    if (jobs.some(({ after }) => after.State.Message?.includes('is reserved for job'))) counts.add('room reserved')
  }

  /** Only what has ended, and of which nothing lives, is forgotten. */
  #checkRemovals({ removeJobs, removeHistory }: Change): void {
    for (const { id, expectedRevision } of [...(removeJobs ?? []), ...(removeHistory ?? [])]) {
      const job = this.seen.model.jobs.get(id)
      const isOver = job?.Revision === expectedRevision && isTerminalJob(job.State.StateType)
      if (!isOver || this.seen.model.executionsOf(id).some(isLive))
        this.#world.violate('I1', `${id} was removed, and it was ${job?.State.StateType}`)
    }
    if (removeJobs) this.#world.counts.add('job removed')
    if (removeHistory) this.#world.counts.add('history removed')
  }

  #check<Step>(rules: readonly Rule<Step>[], step: Step): void {
    for (const { invariant, broken } of rules) {
      const text = broken(step, this.seen)
      if (text) this.#world.violate(invariant, text)
    }
  }
}
