/**
 * Why a job is looked at again. An evaluation is not stored: every job that has not ended is looked at again at start,
 * so nothing can be forgotten (W1).
 */
export type EvaluationTrigger =
  | 'job-register'
  | 'job-timeout'
  | 'exec-update'
  | 'node-leave'
  | 'capacity-freed'
  | 'recovery'
