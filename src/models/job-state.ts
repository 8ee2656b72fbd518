/** State words of a job, in the order of their numbers. */
export const jobStateNames = ['Undefined', 'Pending', 'Queued', 'Running', 'Completed', 'Failed', 'Stopped'] as const
export type JobStateName = (typeof jobStateNames)[number]

export type JobState = { StateType: JobStateName; Message?: string; Details?: Record<string, string> }

/** docs/states.md draws this table. A terminal state is final within a version; an update or rerun starts a new version at Pending. */
const moves: Record<JobStateName, readonly JobStateName[]> = {
  Undefined: ['Pending'],
  Pending: ['Queued', 'Running', 'Completed', 'Failed', 'Stopped'],
  Queued: ['Running', 'Completed', 'Failed', 'Stopped'],
  Running: ['Queued', 'Completed', 'Failed', 'Stopped'],
  Completed: [],
  Failed: [],
  Stopped: [],
}

export const canMoveJob = (from: JobStateName, to: JobStateName): boolean => moves[from].includes(to)
export const isTerminalJob = (state: JobStateName): boolean =>
  state === 'Completed' || state === 'Failed' || state === 'Stopped'

/** Input is taken without case; an unknown word means Undefined. */
export const jobStateOf = (word: string): JobStateName =>
  jobStateNames.find((name) => name.toLowerCase() === word.toLowerCase()) ?? 'Undefined'
