import type { Clock, Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Evaluations } from '../evaluations.ts'
import { jobStopped } from '../events.ts'
import { jobStateLines } from '../history-lines.ts'
import type { Ledger } from '../ledger.ts'
import { jobNotFound } from './resolve.ts'

export type StopParts = { clock: Clock; random: Random; ledger: Ledger; evaluations: Evaluations }

/** Stopped is stored first; the executions follow. Stopping what has ended without success changes nothing (W43). */
export const stopJob = async (parts: StopParts, id: JobId, reason: string): Promise<{ EvaluationID: string }> => {
  for (;;) {
    const settled = parts.ledger.store.settled()
    const job = await parts.ledger.store.job(id)
    // What is answered from a row, or from its absence, must be on disk like the row (I1).
    if (!job || isTerminalJob(job.State.StateType)) await settled
    if (!job) throw jobNotFound(id)
    if (job.State.StateType === 'Stopped' || job.State.StateType === 'Failed') return { EvaluationID: '' }
    if (job.State.StateType === 'Completed') {
      throw new Fault('Conflict', 'cannot stop job in state Completed', { component: 'JobStore' })
    }
    const now = parts.clock.nowNs()
    const event = jobStopped(now, reason)
    const stopped: Job = {
      ...job,
      State: { StateType: 'Stopped', Message: event.Message },
      Revision: job.Revision + 1,
      ModifyTime: now,
    }
    const outcome = await parts.ledger.commit({
      updateJobs: [{ id, expectedRevision: job.Revision, job: stopped }],
      history: jobStateLines(stopped, job.State.StateType, event),
    })
    if (outcome.kind !== 'applied') continue
    const evaluationId = parts.random.uuid()
    parts.evaluations.ask(stopped, 'job-register', evaluationId)
    await outcome.durable
    return { EvaluationID: evaluationId }
  }
}
