import type { Submission } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import { exactJson } from '#lib/json/exact.ts'
import { isRawNumber } from '#lib/json/raw-number.ts'
import { type Job, type JobSpec, type JobType, metaKeys } from '#models/job.ts'
import { isPublisherNeeded, lacksPublisher, validateJob } from '#models/job-validate.schema.ts'
import { problemText } from '#models/problem.ts'
import { isNoSpec, type SpecConfig } from '#models/spec-config.ts'
import type { Task } from '#models/task.ts'

/** What the server writes into specifications. */
export type SpecParts = {
  /** Written into Meta of each job. */
  orchestratorId: string
  publicKey: string | undefined
  /** Of this server's store. */
  instanceId: string | undefined
  defaults: JobDefaults
}

/** What a job gets where it says nothing, by type; timeouts in seconds, 0 = none. */
export type JobDefaults = Readonly<Record<JobType, TypeDefaults>>
export type TypeDefaults = {
  priority: number
  executionTimeout: bigint
  totalTimeout: bigint
  publisher: SpecConfig | undefined
}

/** The specification with what the server adds. Throws a Fault when it needs a publisher and there is none to add. */
export const completed = (parts: SpecParts, submission: Submission): JobSpec => {
  const spec = withAdditions(parts, submission)
  if (!spec.Tasks.some(lacksPublisher)) return spec
  throw new Fault('ValidationError', problemText(validateJob(spec).filter(isPublisherNeeded)), {
    component: 'APIServer',
    hint: 'Name a Publisher in the task, or set DefaultPublisher for the orchestrator.',
  })
}

const withAdditions = (parts: SpecParts, { spec, clientId, callerMeta }: Submission): JobSpec => ({
  ...spec,
  Meta: {
    ...spec.Meta,
    [metaKeys.requesterId]: parts.orchestratorId,
    [metaKeys.orchestratorId]: parts.orchestratorId,
    ...(parts.publicKey ? { [metaKeys.requesterPublicKey]: parts.publicKey } : {}),
    ...(parts.instanceId ? { [metaKeys.serverInstanceId]: parts.instanceId } : {}),
    ...(clientId ? { [metaKeys.clientId]: clientId } : {}),
    ...callerMeta,
  },
  Priority: spec.Priority || parts.defaults[spec.Type].priority,
  Tasks: spec.Tasks.map((task) => withDefaults(task, parts.defaults[spec.Type])),
})

const withDefaults = (task: Task, defaults: TypeDefaults): Task => ({
  ...task,
  Publisher: isNoSpec(task.Publisher) && defaults.publisher ? defaults.publisher : task.Publisher,
  Timeouts: {
    ...task.Timeouts,
    ...(!task.Timeouts.ExecutionTimeout && defaults.executionTimeout > 0n
      ? { ExecutionTimeout: defaults.executionTimeout }
      : {}),
    ...(!task.Timeouts.TotalTimeout && defaults.totalTimeout > 0n ? { TotalTimeout: defaults.totalTimeout } : {}),
  },
})

export const specOf = ({
  ID: _i,
  State: _s,
  Version: _v,
  Revision: _r,
  CreateTime: _c,
  ModifyTime: _m,
  VersionTime: _t,
  ...spec
}: Job): JobSpec => spec
/** Equal texts = equal specifications, whatever the order of keys and whoever sent and took them. */
export const textOf = (spec: JobSpec): string => exactJson(sorted({ ...spec, Meta: ownMeta(spec.Meta) }))
export const ownMeta = (meta: JobSpec['Meta']): JobSpec['Meta'] =>
  Object.fromEntries(Object.entries(meta).filter(([key]) => !key.startsWith(metaKeys.reservedPrefix)))
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  )
}
