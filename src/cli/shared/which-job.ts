import { bool, text, uint } from '../flags.ts'

/** Of commands that name a job. */
export const namespaceFlag = {
  namespace: text('', 'Namespace of a job that is given by its name; default when left out'),
}

/** Of commands that look at one version of a job. */
export const versionFlags = {
  ...namespaceFlag,
  version: uint(0, 'Version of the job; 0 = the present one', { shorthand: 'v' }),
}

/** Of commands that list what belongs to versions. */
export const versionsFlags = { ...versionFlags, 'all-versions': bool(false, 'Of all versions of the job') }

export const namespaceQuery = ({ namespace }: { namespace: string }) => (namespace === '' ? {} : { namespace })

export const versionQuery = (flags: { namespace: string; version: number; 'all-versions'?: boolean }) => ({
  ...namespaceQuery(flags),
  ...(flags.version === 0 ? {} : { job_version: flags.version }),
  ...(flags['all-versions'] ? { all_job_versions: true } : {}),
})
