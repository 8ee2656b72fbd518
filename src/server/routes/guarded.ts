import type { jobEndpoints } from '#api/jobs.ts'
import type { JobsApi } from '#contracts/control-plane.ts'
import { guardedJobs } from '../auth/guarded-jobs.ts'
import type { ResultTickets } from '../auth/result-tickets.ts'
import type { Caller } from '../caller.ts'
import type { Call, Handlers } from '../handler.ts'
import type { ServerSettings } from '../settings.ts'
import { jobHandlers } from './jobs.ts'

/** The jobs as a caller may see them. */
export const jobsFor =
  (jobs: JobsApi) =>
  ({ rights }: Caller): JobsApi =>
    rights ? guardedJobs(jobs, rights) : jobs

type JobHandlers = Handlers<typeof jobEndpoints>

/** Handlers of a caller who may do everything, and for the others the same over the jobs that they may see. */
export function guardedHandlers(jobs: JobsApi, settings: ServerSettings, tickets: ResultTickets): JobHandlers {
  const open = jobHandlers(jobs, settings, tickets)
  const handlersFor = (rights: NonNullable<Caller['rights']>) =>
    jobHandlers(guardedJobs(jobs, rights), settings, tickets)
  const guarded = Object.keys(open).map((name) => {
    const key = name as keyof JobHandlers
    const whole = open[key] as (call: Call<any>) => unknown
    return [
      key,
      (call: Call<any>) => {
        const { rights } = call.caller
        return rights ? (handlersFor(rights)[key] as (call: Call<any>) => unknown)(call) : whole(call)
      },
    ]
  })
  return Object.fromEntries(guarded) as JobHandlers
}
