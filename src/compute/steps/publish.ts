import type { Disk } from '#contracts/disk.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { type Job, mainTask } from '#models/job.ts'
import { isNoSpec, noSpec, type SpecConfig } from '#models/spec-config.ts'
import type { ExecutionDirectories } from '../directories.ts'
import type { Registries } from '../registry.ts'

export type PublishContext = {
  execution: Execution
  job: Job
  directories: ExecutionDirectories
  disk: Disk
  registries: Registries
  logs: LogKeeper
  exitCode: number
}

/** Completes the result folder and takes it where the job wants it. Without a publisher there is nothing to do. */
export const publishResult = async (context: PublishContext, signal: AbortSignal): Promise<SpecConfig> => {
  const { execution, job, directories, disk, registries, logs } = context
  const spec = mainTask(job).Publisher
  if (isNoSpec(spec)) return noSpec()
  const publisher = registries.publishers.get(spec.Type)
  if (!publisher) throw new Fault('BadRequest', `this node does not support publisher "${spec.Type}"`)
  const resultDirectory = await directories.makeResult()
  await logs.writeFiles(resultDirectory)
  await disk.writeFile(`${resultDirectory}/exitCode`, String(context.exitCode))
  return publisher.publish(
    { executionId: execution.ID, jobId: job.ID, nodeId: execution.NodeID, publisher: spec, resultDirectory },
    signal,
  )
}
