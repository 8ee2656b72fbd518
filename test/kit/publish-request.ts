import { randomUUID } from 'node:crypto'
import type { PublishRequest } from '#contracts/publisher.ts'
import { newExecutionId, newJobId, newNodeId } from '#models/ids.ts'
import type { SpecConfig } from '#models/spec-config.ts'

/** What a publisher is asked for with the result in this folder, of an execution of its own. */
export const publishRequest = (publisher: SpecConfig, resultDirectory: string): PublishRequest => ({
  executionId: newExecutionId(randomUUID()),
  jobId: newJobId(randomUUID()),
  nodeId: newNodeId(randomUUID()),
  publisher,
  resultDirectory,
})
