import { apiPrefix } from '#api/endpoint.ts'
import type { JobResult } from '#contracts/control-plane.ts'
import type { JobId } from '#models/ids.ts'
import { resultName } from '#models/result-name.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { ResultTickets } from '../auth/result-tickets.ts'

/**
 * A result as every client can fetch it: Go's and Python's know nothing of publisher `link`, so what the orchestrator keeps
 * has an address here (`door`: where the caller reaches us), as any file on the web [F4]. What else is known of it stays.
 */
export async function withAddress(
  jobId: JobId,
  { executionId, result }: JobResult,
  door: string,
  tickets: ResultTickets,
): Promise<SpecConfig> {
  if (typeKey(result.Type) !== 'link') return result
  const path = `${apiPrefix}/orchestrator/jobs/${jobId}/results/${resultName(executionId)}`
  const URL = `${door}${path}?ticket=${await tickets.issue(jobId, executionId)}`
  return { Type: 'urlDownload', Params: { ...result.Params, ExecutionID: executionId, URL } }
}
