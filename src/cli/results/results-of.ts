import { isDeepStrictEqual } from 'node:util'
import type { ShownExecution } from '#api/decode/execution.ts'
import { shortId } from '#lib/short-id.ts'
import { isCounted } from '#models/job.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { Cli } from '../command.ts'

/** What one execution left: published, or only its output. */
export type Result = { readonly name: string; readonly published?: SpecConfig; readonly execution?: ShownExecution }

/** In the order of their partitions: the published results of a job, else the executions that have run, whose output is kept by the orchestrator. */
export async function resultsOf(id: string, where: { namespace?: string }, cli: Cli): Promise<Result[]> {
  const client = await cli.client()
  const [published, executions] = await Promise.all([
    Array.fromAsync(client.jobs.results(id, where)),
    Array.fromAsync(client.jobs.executions(id, where)),
  ])
  const byPartition = executions.toSorted((a, b) => a.PartitionIndex - b.PartitionIndex)
  if (published.length === 0) {
    const ran = byPartition.filter((execution) => execution.RunOutput !== null)
    const hasPartitions = ran.length > 1 && isCounted((await client.jobs.get(id, where)).Job.Type)
    return (hasPartitions ? thatCount(ran) : ran).map((execution) => ({ name: shortId(execution.ID), execution }))
  }
  const results = published.map((spec, index): Result => {
    const execution = ownerOf(spec, byPartition)
    return {
      name: execution ? shortId(execution.ID) : `result-${index}`,
      published: spec,
      ...(execution && { execution }),
    }
  })
  return results.toSorted((a, b) => partitionOf(a) - partitionOf(b))
}

const partitionOf = ({ execution }: Result): number => execution?.PartitionIndex ?? 0

/** Of each partition that was tried more than once the attempt that completed, else the last. */
export function thatCount(executions: readonly ShownExecution[]): ShownExecution[] {
  const attempts = Map.groupBy(executions, ({ PartitionIndex }) => PartitionIndex)
  return [...attempts.values()].flatMap((ofOne) => {
    const inTime = ofOne.toSorted((a, b) => (a.CreateTime < b.CreateTime ? -1 : 1))
    return inTime.find(({ ComputeState }) => ComputeState.StateType === 'Completed') ?? inTime.at(-1) ?? []
  })
}

/** The execution a result belongs to: the one it names, who has published the same, or what signed addresses stand for. */
export function ownerOf(spec: SpecConfig, executions: readonly ShownExecution[]): ShownExecution | undefined {
  const { ExecutionID, Managed, PreSignedURL, SourceSpec } = spec.Params ?? {}
  const { Bucket, Key } = (SourceSpec ?? spec.Params ?? {}) as Record<string, unknown>
  return executions.find(({ ID, PublishedResult }) => {
    if (PublishedResult === null) return false
    if (ExecutionID === ID || isDeepStrictEqual(PublishedResult.Params, spec.Params)) return true
    if (Managed === true) return namesObjectOf(PreSignedURL, ID)
    return Key !== undefined && PublishedResult.Params?.Key === Key && PublishedResult.Params.Bucket === Bucket
  })
}

/** Of a managed bucket only the address says anything. */
function namesObjectOf(address: unknown, executionId: string): boolean {
  const url = typeof address === 'string' ? URL.parse(address) : null
  return url?.pathname.endsWith(`/${executionId}.tar.gz`) ?? false
}
