import { param } from './query.ts'

export const named = { namespace: param('text', 'Namespace in which a name is looked up') }
export const uploadedTo = { namespace: param('text', 'Namespace whose jobs may read it; absent = default') }
export const versioned = {
  job_version: param('uint32', 'Version of the job; 0 = the present one'),
  all_job_versions: param('bool', 'All versions of the job'),
}
