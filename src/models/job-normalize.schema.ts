import { normalizeResources } from '#lib/resources.ts'
import type { JobDraft } from './job.schema.ts'
import { type ConstraintOperator, isCounted, type JobSpec, type JobType, type LabelSelectorRequirement } from './job.ts'
import type { SpecConfig } from './spec-config.ts'
import type { TaskDraft } from './task.schema.ts'
import type { InputSource, NetworkConfig, NetworkType, ResultPath, Task } from './task.ts'

export type NormalizeOptions = {
  /** What an absent network means: None for callers of the older generations, Default for those >= 1.7. */
  defaultNetwork: NetworkType
}

/**
 * Fills in what a job leaves out (models of the wire, part 10): namespace `default`, Count 1, empty maps and lists; texts are
 * trimmed, resources made lower case. Decides nothing about whether the job is right. Null list items stay null.
 */
export function normalizeJob(draft: JobDraft, { defaultNetwork }: NormalizeOptions): JobSpec {
  const type = (draft.Type ?? '') as JobType
  return {
    Name: draft.Name || draft.ID || '',
    Namespace: draft.Namespace || 'default',
    Type: type,
    Priority: draft.Priority ?? 0,
    Count: countOf(type, draft.Count),
    Constraints: (draft.Constraints ?? []).map(constraint),
    Meta: draft.Meta ?? {},
    Labels: draft.Labels ?? {},
    Tasks: (draft.Tasks ?? []).map((task) => normalizeTask(task, defaultNetwork)),
    ...(draft.MaxPerNode ? { MaxPerNode: draft.MaxPerNode } : {}),
    ...(draft.Reschedule ? { Reschedule: draft.Reschedule } : {}),
    ...(draft.Disconnect ? { Disconnect: draft.Disconnect } : {}),
    ...(draft.Delivery ? { Delivery: draft.Delivery } : {}),
  }
}

/** Absent = 1. Where the number has no meaning, 0 is 1 too. */
const countOf = (type: JobType, count: number | undefined): number =>
  count === undefined || (count === 0 && !isCounted(type) && (type === 'ops' || type === 'daemon')) ? 1 : count

function constraint(draft: NonNullable<JobDraft['Constraints']>[number] | null): LabelSelectorRequirement {
  if (draft === null) return null as unknown as LabelSelectorRequirement
  const { Key = '', Operator = '', Values } = draft
  return { Key, Operator: Operator as ConstraintOperator, ...(Values && Values.length > 0 ? { Values } : {}) }
}

function normalizeTask(draft: TaskDraft | null, defaultNetwork: NetworkType): Task {
  if (draft === null) return null as unknown as Task
  return {
    Name: draft.Name ?? '',
    Engine: draft.Engine ? component(draft.Engine) : (null as unknown as SpecConfig),
    Publisher: component(draft.Publisher ?? {}),
    Env: draft.Env ?? {},
    Meta: draft.Meta ?? {},
    InputSources: (draft.InputSources ?? []).map(inputSource),
    ResultPaths: (draft.ResultPaths ?? []).map(resultPath),
    Resources: draft.Resources ? normalizeResources(draft.Resources) : {},
    Network: network(draft.Network ?? {}, defaultNetwork),
    Timeouts: draft.Timeouts ?? {},
    ...(draft.FailOnExitCode ? { FailOnExitCode: true } : {}),
    ...(draft.PublishOnFailure ? { PublishOnFailure: true } : {}),
    ...(draft.StopGrace === undefined ? {} : { StopGrace: draft.StopGrace }),
  }
}

const component = ({ Type = '', Params }: { Type?: string; Params?: Record<string, unknown> }): SpecConfig => {
  for (const _ in Params) return { Type: Type.trim(), Params: Params as Record<string, unknown> }
  return { Type: Type.trim() }
}

function inputSource(draft: NonNullable<TaskDraft['InputSources']>[number] | null): InputSource {
  if (draft === null) return null as unknown as InputSource
  const { Source, Alias = '', Target = '' } = draft
  return {
    Source: Source ? component(Source) : (null as unknown as SpecConfig),
    Alias: Alias.trim(),
    Target: Target.trim(),
  }
}

function resultPath(draft: NonNullable<TaskDraft['ResultPaths']>[number] | null): ResultPath {
  if (draft === null) return null as unknown as ResultPath
  return { Name: (draft.Name ?? '').trim(), Path: (draft.Path ?? '').trim() }
}

function network({ Type, Domains, Ports }: NonNullable<TaskDraft['Network']>, fallback: NetworkType): NetworkConfig {
  const domains = (Domains ?? []).map((domain) => domain.trim().toLowerCase())
  return {
    Type: Type ?? fallback,
    ...(domains.length > 0 ? { Domains: domains } : {}),
    ...(Ports && Ports.length > 0 ? { Ports: Ports.map((port) => ({ Name: '', ...port })) } : {}),
  }
}
