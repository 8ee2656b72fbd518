import type { jobEndpoints } from '#api/jobs.ts'
import { Fault } from '#lib/fault.ts'
import type { Call, Handlers } from '../handler.ts'

type JobHandlers = Handlers<typeof jobEndpoints>

/** A proxy through which jobs reach the network marks what they ask with this header. */
const mark = 'x-bacalhau-job-id'

/** Handlers that take no job from a job: work that starts work by itself is what an operator has to want. */
export const refusingJobsOfJobs = (handlers: JobHandlers): JobHandlers => ({
  ...handlers,
  submit: (call) => handlers.submit(unmarked(call)),
  submitBatch: (call) => handlers.submitBatch(unmarked(call)),
  rerun: (call) => handlers.rerun(unmarked(call)),
})

function unmarked<Asked extends Call<any>>(call: Asked): Asked {
  if (call.header(mark) === '') return call
  throw new Fault('Forbidden', 'rejecting job because HTTP header X-Bacalhau-Job-ID was set', {
    component: 'APIServer',
    hint: 'JobAdmissionControl.AcceptJobsFromJobs lets jobs submit jobs.',
  })
}
