import type { EvaluationId, JobId } from './ids.ts'

export const evaluationTriggers = [
  'job-register',
  'job-cancel',
  'job-queue',
  'job-timeout',
  'job-update',
  'job-rerun',
  'exec-update',
  'exec-timeout',
  'exec-retry',
  'exec-limit',
  'node-join',
  'node-leave',
  'capacity-freed',
  'recovery',
] as const
export type EvaluationTrigger = (typeof evaluationTriggers)[number]

/** "Look at this job again": stored until it has been looked at. At most one is worked on per job at a time. */
export type Evaluation = {
  ID: EvaluationId
  JobID: JobId
  TriggeredBy: EvaluationTrigger
  /** The job's. */
  Priority: number
  /** Not before this time; 0 = now. Unix nanoseconds. */
  WaitUntil: bigint
  Comment: string
  CreateTime: bigint
}
