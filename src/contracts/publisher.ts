import type { ExecutionId, JobId, NodeId } from '#models/ids.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { Verdict } from './verdict.ts'

export type PublishRequest = {
  executionId: ExecutionId
  jobId: JobId
  nodeId: NodeId
  publisher: SpecConfig
  /** Folder with `stdout`, `stderr`, `exitCode` and one folder per result path. */
  resultDirectory: string
}

/** Takes a result folder to where its owner wants it. Found by `type` without case. */
export interface Publisher {
  readonly type: string
  isInstalled(signal: AbortSignal): Promise<Verdict>
  /** Checks parameters; used at bid time. */
  accepts(publisher: SpecConfig): Promise<Verdict>
  /** Resolves when the result is safely there; publishing the same execution again gives the same place. Throws a Fault. */
  publish(request: PublishRequest, signal: AbortSignal): Promise<SpecConfig>
}
