import type { JobDraft } from './job.schema.ts'
import { type JobSpec, metaKeys } from './job.ts'

/** Takes out what a submission may not decide, and says so. The reference's sentences and order. */
export function sanitizeJob(draft: JobDraft, spec: JobSpec): { spec: JobSpec; id: string; warnings: string[] } {
  const warnings = systemFieldWarnings(draft)
  const isIdIgnored = draft.ID !== undefined && draft.ID !== '' && (spec.Type === 'batch' || spec.Type === 'ops')
  if (isIdIgnored) warnings.push('job ID is ignored when submitting a batch job')
  const id = isIdIgnored ? '' : (draft.ID ?? '')
  const reserved = Object.keys(spec.Meta).filter((key) => key.startsWith(metaKeys.reservedPrefix))
  if (!isIdIgnored && reserved.length === 0 && spec.Tasks.length < 2) return { spec, id, warnings }

  if (spec.Tasks.length > 1) warnings.push('only one task is supported per job')
  for (const key of reserved) warnings.push(`job meta key "${key}" is reserved and will be ignored`)
  return {
    spec: {
      ...spec,
      // A name that was taken from a dropped ID goes with it.
      Name: isIdIgnored && !draft.Name ? '' : spec.Name,
      Meta: Object.fromEntries(Object.entries(spec.Meta).filter(([key]) => !reserved.includes(key))),
      Tasks: spec.Tasks.slice(0, 1),
    },
    id,
    warnings,
  }
}

function systemFieldWarnings(draft: JobDraft): string[] {
  const { State, Revision = 0n, Version = 0n, CreateTime = 0n, ModifyTime = 0n } = draft
  const warnings: string[] = []
  if (State && ((State.StateType ?? 'Undefined') !== 'Undefined' || State.Message)) {
    warnings.push('job state is ignored when submitting a job')
  }
  if (Revision !== 0n) warnings.push('job revision is ignored when submitting a job')
  if (Version !== 0n) warnings.push('job version is ignored when submitting a job')
  if (CreateTime !== 0n) warnings.push('job create time is ignored when submitting a job')
  if (ModifyTime !== 0n) warnings.push('job modify time is ignored when submitting a job')
  return warnings
}
