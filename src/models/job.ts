import type { JobId } from './ids.ts'
import type { JobState } from './job-state.ts'
import type { Task } from './task.ts'

export const jobTypes = ['batch', 'ops', 'daemon', 'service'] as const
export type JobType = (typeof jobTypes)[number]

export type ConstraintOperator = 'in' | 'notin' | 'exists' | '!' | '=' | '==' | '!=' | 'gt' | 'lt'
/** A requirement on a node's labels. A key with the prefix `favour_` is a preference. */
export type LabelSelectorRequirement = { Key: string; Operator: string; Values?: string[] }

/** Classes of failed attempts: what may be cured by trying again, and where. */
export const failureClasses = ['transient', 'node', 'resource', 'user', 'lost'] as const
export type FailureClass = (typeof failureClasses)[number]

/** How the delay goes on: doubled with each further start, or always the same; both with some chance in it. */
export const backoffs = ['exponential', 'constant'] as const
type Backoff = (typeof backoffs)[number]

/** Ours: what happens after a failed attempt, per partition. Durations in whole seconds. */
export type ReschedulePolicy = {
  Attempts?: number
  Delay?: number
  MaxDelay?: number
  Backoff?: Backoff
  Deadline?: number
  Classes?: FailureClass[]
  /** Percent: after an attempt that ran out of memory, the next one has so much more. */
  MoreMemory?: number
}

/** What the user wrote, normalised: every part is present. Stored once per version. */
export type JobSpec = {
  Name: string
  Namespace: string
  Type: JobType
  Priority: number
  Count: number
  Constraints: LabelSelectorRequirement[]
  Meta: Record<string, string>
  Labels: Record<string, string>
  Tasks: Task[]
  /** Ours: most executions of this job on one node at a time; 0 = as many as fit. */
  MaxPerNode?: number
  Reschedule?: ReschedulePolicy
  Disconnect?: { LostAfter?: number }
  Delivery?: 'AtLeastOnce' | 'AtMostOnce'
}

/** A job with what the system knows of it. Times are Unix nanoseconds. */
export type Job = JobSpec & {
  ID: JobId
  State: JobState
  /** Starts at 1, grows with each update or rerun. */
  Version: number
  /** Starts at 1, +1 at each change of specification or state. */
  Revision: number
  CreateTime: bigint
  ModifyTime: bigint
  /** Ours, not on the wire: when the present version was submitted. Timeouts count from here (W15). */
  VersionTime: bigint
}

/** Runs until stopped, never completes by itself. */
export const isLongRunning = (type: JobType): boolean => type === 'daemon' || type === 'service'
/** Runs on a chosen number of nodes; the others run on every matching node. */
export const isCounted = (type: JobType): boolean => type === 'batch' || type === 'service'

/** How many partitions a job has: Count where it counts, else one. */
export const partitionCount = (job: Pick<JobSpec, 'Type' | 'Count'>): number => (isCounted(job.Type) ? job.Count : 1)

/** The one task that is kept. */
export const mainTask = (job: Pick<JobSpec, 'Tasks'>): Task => {
  const task = job.Tasks[0]
  if (!task) throw new Error('a stored job has one task')
  return task
}

/** A daemon belongs on every node: where it does not say otherwise it gives none up, and is tried there later and later. */
const endless = { Attempts: Number.POSITIVE_INFINITY, MaxDelay: 86_400 }
const twice = { Attempts: 2, MaxDelay: 60 }
const usual = ({ Type, Reschedule }: JobSpec): typeof twice => (Type === 'daemon' && !Reschedule ? endless : twice)

/** Ports of its node that it names. */
export const namedPorts = (job: JobSpec): number[] =>
  (mainTask(job).Network.Ports ?? []).flatMap(({ Static }) => (Static ? [Static] : []))

/** So many executions of it a node has at a time; 0 = any number. Those that name ports have them one after the other. */
export const mostPerNode = (job: JobSpec): number => (namedPorts(job).length > 0 ? 1 : (job.MaxPerNode ?? 0))

/** Defaults of `Reschedule` (ours): two starts, 1 s growing to 60 s, for transient and node failures; and for those that more memory may cure, where that is asked for. */
export const rescheduleOf = (job: JobSpec): Required<ReschedulePolicy> => ({
  Attempts: job.Reschedule?.Attempts ?? usual(job).Attempts,
  Delay: job.Reschedule?.Delay ?? 1,
  MaxDelay: job.Reschedule?.MaxDelay ?? usual(job).MaxDelay,
  Backoff: job.Reschedule?.Backoff ?? 'exponential',
  Deadline: job.Reschedule?.Deadline ?? 0,
  Classes:
    job.Reschedule?.Classes ?? (job.Reschedule?.MoreMemory ? ['transient', 'node', 'resource'] : ['transient', 'node']),
  MoreMemory: job.Reschedule?.MoreMemory ?? 0,
})

export const metaKeys = {
  reservedPrefix: 'bacalhau.org/',
  requesterId: 'bacalhau.org/requester.id',
  orchestratorId: 'bacalhau.org/orchestrator.id',
  requesterPublicKey: 'bacalhau.org/requester.publicKey',
  clientId: 'bacalhau.org/client.id',
  serverInstanceId: 'bacalhau.org/server.instance.id',
  clientInstanceId: 'bacalhau.org/client.instance.id',
  clientInstallationId: 'bacalhau.org/client.installation.id',
} as const
