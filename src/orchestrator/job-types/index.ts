import type { JobType } from '#models/job.ts'
import { reconcileBatch } from './batch/reconcile.ts'
import { reconcileDaemon } from './daemon/reconcile.ts'
import type { Reconcile } from './job-type.ts'
import { reconcileOps } from './ops/reconcile.ts'
import { reconcileService } from './service/reconcile.ts'

/** The registry of job types: one folder and one line each. */
export const jobTypeRules: Record<JobType, Reconcile> = {
  batch: reconcileBatch,
  ops: reconcileOps,
  daemon: reconcileDaemon,
  service: reconcileService,
}
