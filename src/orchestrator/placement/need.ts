import { parseResources } from '#lib/resources.ts'
import { type Job, mainTask } from '#models/job.ts'
import { type Resources, resourcesOr } from '#models/resources.ts'

/** What one execution of the job is promised: what it asks for, over the defaults. */
export const needOf = (job: Job, defaults: Resources): Resources => {
  const asked = mainTask(job).Resources
  return resourcesOr(parseResources(asked), defaults)
}
