import { canMoveJob, isTerminalJob } from '#models/job-state.ts'
import { markOf } from '../job-mix.ts'
import { brokenCompletion } from './completion.ts'
import type { JobStep, Rule } from './rule.ts'

/** What must hold of each stored change of a job. */
export const jobRules: readonly Rule<JobStep>[] = [
  {
    invariant: 'I2',
    broken: ({ before, after }, { asked }) =>
      !before && !asked.has(markOf(after)) && `nobody asked for job ${after.ID}`,
  },
  {
    invariant: 'I2',
    broken: ({ before, after }, { model }) => {
      const twin = [...model.jobs.values()].find((job) => job.ID !== after.ID && markOf(job) === markOf(after))
      return !before && twin && `one request made ${twin.ID} and ${after.ID}`
    },
  },
  {
    invariant: 'I7',
    broken: ({ before, after }) => {
      const [from, to] = [before?.State.StateType ?? 'Undefined', after.State.StateType]
      const isNewVersion = before && after.Version === before.Version + 1 && to === 'Pending'
      return from !== to && !isNewVersion && !canMoveJob(from, to) && `job ${after.ID} moved from ${from} to ${to}`
    },
  },
  {
    invariant: 'I7',
    broken: ({ before, after }) =>
      after.Revision !== (before?.Revision ?? 0) + 1 &&
      `job ${after.ID} went from revision ${before?.Revision} to ${after.Revision}`,
  },
  {
    invariant: 'I7',
    broken: ({ before, after }) =>
      before &&
      isTerminalJob(before.State.StateType) &&
      before.Version === after.Version &&
      `job ${after.ID} changed after it was ${before.State.StateType}`,
  },
  {
    invariant: 'I9',
    broken: ({ before, after }, seen) =>
      after.State.StateType === 'Completed' && before?.State.StateType !== 'Completed' && brokenCompletion(after, seen),
  },
]
