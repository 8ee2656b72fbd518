import type { Disk } from '#contracts/disk.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { Execution } from '#models/execution.ts'
import { type Job, mainTask } from '#models/job.ts'
import { isNoSpec, noSpec, type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { ExecutionDirectories } from '../directories.ts'
import { type Failure, failureOf } from '../failure.ts'
import type { Registries } from '../registry.ts'
import type { RunContext } from '../run-context.ts'
import { noteEnded } from './ended.ts'
import { LeftOut } from './left-out.ts'
import { pickResults } from './pick-results.ts'

export type PublishContext = {
  execution: Execution
  job: Job
  directories: ExecutionDirectories
  disk: Disk
  registries: Registries
  logs: LogKeeper
  exitCode: number
  /** The program ended by itself: its exit code is all there is to say of that. */
  isOwnEnd: boolean
} & Pick<RunContext, 'clock' | 'publishForMs' | 'onProgress'>

/** Completes the result folder and takes it where the job wants it. Without a publisher there is nothing to do. */
export const publishResult = (context: PublishContext, signal: AbortSignal): Promise<SpecConfig> =>
  publishBy(mainTask(context.job).Publisher, context, signal)

const publishBy = async (spec: SpecConfig, context: PublishContext, signal: AbortSignal): Promise<SpecConfig> => {
  const { execution, job, directories, disk, registries, logs } = context
  if (isNoSpec(spec)) return noSpec()
  const publisher = registries.publishers.get(spec.Type)
  if (!publisher) throw new Fault('BadRequest', `this node does not support publisher "${spec.Type}"`)
  const resultDirectory = await directories.makeResult()
  await pickResults(context)
  await logs.writeFiles(resultDirectory)
  await disk.writeFile(`${resultDirectory}/exitCode`, String(context.exitCode))
  if (context.isOwnEnd) await noteEnded(context)
  const { ID: executionId, NodeID: nodeId } = execution
  const request = { executionId, jobId: job.ID, nodeId, publisher: spec, resultDirectory }
  let leftOut = new LeftOut()
  const publish = () => {
    leftOut = new LeftOut()
    return publisher.publish({ ...request, onLeftOut: (name, why) => leftOut.add(name, why) }, signal)
  }
  try {
    return await untilTaken(publish, context, signal)
  } finally {
    const text = leftOut.text()
    if (text !== undefined) context.onProgress(topics.publishingResults, text)
  }
}

/**
 * What an execution that failed has left, at a place where it is found: by its publisher where the job asks for that, and with the
 * orchestrator when its publisher was what failed. Undefined = it goes with its folder. What does not work is told and no failure.
 */
export const publishFailed = async (
  { topic }: Failure,
  context: PublishContext,
  signal: AbortSignal,
): Promise<SpecConfig | undefined> => {
  const { Publisher, PublishOnFailure } = mainTask(context.job)
  const isPublisherAtFault = topic === topics.publishingResults
  const isLost = isPublisherAtFault ? typeKey(Publisher.Type) === 'link' : !PublishOnFailure
  if (isNoSpec(Publisher) || isLost) return undefined
  try {
    return await publishBy(isPublisherAtFault ? { Type: 'link' } : Publisher, context, signal)
  } catch (error) {
    const why = failureOf(error, topic).message
    context.onProgress(topics.publishingResults, `What the failed execution has left is not kept: ${why}`)
    return undefined
  }
}

const firstPauseMs = 1_000
const longestPauseMs = 60_000

/** A program that has run for long is not to have run for nothing: a store that is away for a while is tried again. */
const untilTaken = async (
  publish: () => Promise<SpecConfig>,
  { clock, publishForMs, onProgress }: PublishContext,
  signal: AbortSignal,
): Promise<SpecConfig> => {
  const giveUpAtMs = clock.monotonicMs() + publishForMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
    try {
      return await publish()
    } catch (error) {
      const { message, class: reason } = failureOf(error, topics.publishingResults)
      if (signal.aborted || reason !== 'transient' || clock.monotonicMs() + pauseMs > giveUpAtMs) throw error
      onProgress(
        topics.publishingResults,
        `The result is kept here and published again in ${pauseMs / 1000}s: ${message}`,
      )
      await clock.sleep(pauseMs, signal)
    }
  }
}
