import type { FastifyRequest } from 'fastify'
import type { PathParams } from '#api/endpoint.ts'
import type { keptResultRoute } from '#api/job-streams.ts'
import type { ExecutionId } from '#models/ids.ts'

type Params = PathParams<(typeof keptResultRoute)['path']>

/** Which result a path names: as an execution, or as the archive that clients unpack by its name. */
export function keptResultOf({ params }: FastifyRequest): { id: string; executionId: ExecutionId } {
  const { id, execution } = params as Params
  return { id, executionId: execution.replace(/\.tar\.gz$/, '') as ExecutionId }
}
