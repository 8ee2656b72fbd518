import type { ExecutionId, JobId } from '#models/ids.ts'

/** What we put on everything we make, so that it is found again after a restart. */
export const executorLabel = 'bacalhau-executor'
const jobLabel = 'bacalhau-jobID'
export const executionLabel = 'bacalhau-executionID'
/** On containers that only keep the network of another. */
export const holderLabel = 'bacalhau-network-holder'

/** `owner` tells a node from every other that uses the same engine. */
export const executorIdOf = (owner: string): string => `bacalhau-${owner}`

export const labelsOf = (executorId: string, jobId: JobId, executionId: ExecutionId): Record<string, string> => ({
  [executorLabel]: executorId,
  [jobLabel]: executorId + jobId,
  [executionLabel]: executorId + executionId,
})

type Named = { jobId: JobId; executionId: ExecutionId }

export const containerNameOf = (executorId: string, named: Named): string => nameOf(executorId, named, 'executor')
export const holderNameOf = (executorId: string, named: Named): string => nameOf(executorId, named, 'gateway')

/** Node names may hold what the engine refuses in a name; labels keep them exactly. */
const nameOf = (executorId: string, { jobId, executionId }: Named, part: string): string =>
  `bacalhau-${executorId}-${jobId}-${executionId}-${part}`.replace(/[^a-zA-Z0-9_.-]/g, '_')

/** The execution that a labelled thing belongs to. */
export const executionOf = (labels: Readonly<Record<string, string>>, executorId: string): ExecutionId =>
  (labels[executionLabel] ?? '').slice(executorId.length) as ExecutionId

/** Filter of the engine's listings. */
export const labelFilter = (label: string, value: string): string => JSON.stringify({ label: [`${label}=${value}`] })
