import type { Submission } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import { exactJson } from '#lib/json/exact.ts'
import { parseJson } from '#lib/json/parse.ts'
import { type WritableYaml, writeYaml } from '#lib/yaml/write-yaml.ts'
import type { JobSpec } from '#models/job.ts'
import { jobNotFound } from './resolve.ts'
import { completed, ownMeta, specOf } from './spec.ts'
import type { SubmitParts } from './submit.ts'

const component = 'JobStore'
/** Lines around a change that are shown too. */
const contextLines = 3

/**
 * What a submission would change of the job of its name, as lines of YAML: `-` is now, `+` would be; '' = nothing.
 * Throws a Fault when it has no name, or no job has it.
 */
export async function diffJob(parts: SubmitParts, submission: Submission): Promise<string> {
  const { Name, Namespace } = submission.spec
  if (Name === '') throw new Fault('BadRequest', 'invalid job spec: name is missing', { component })
  const { store } = parts.ledger
  const id = await store.jobIdByName(Name, Namespace)
  const job = id && (await store.job(id))
  if (!job) throw jobNotFound(Name)
  return changedLines(specOf(job), completed(parts, submission))
}

/** What differs between two specifications, as lines of YAML; '' = nothing. */
export async function changedLines(before: JobSpec, after: JobSpec): Promise<string> {
  const { structuredPatch } = await import('diff')
  const { hunks } = structuredPatch('', '', yamlOf(before), yamlOf(after), '', '', { context: contextLines })
  return hunks.map(({ lines }) => `${lines.join('\n')}\n`).join('  ...\n')
}

/** Without what servers and clients note of themselves. */
const yamlOf = (spec: JobSpec): string =>
  writeYaml(parseJson(exactJson({ ...spec, Meta: ownMeta(spec.Meta) }), { keepsText: true }) as WritableYaml)
