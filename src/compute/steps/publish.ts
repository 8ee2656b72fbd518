import type { Disk } from '#contracts/disk.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { Execution } from '#models/execution.ts'
import { type Job, mainTask } from '#models/job.ts'
import { isNoSpec, noSpec, type SpecConfig, typeKey } from '#models/spec-config.ts'
import type { ExecutionDirectories } from '../directories.ts'
import { type Failure, failureOf, tellsOfFullDisk } from '../failure.ts'
import type { Registries } from '../registry.ts'
import type { RunContext } from '../run-context.ts'
import { noteEnded, noteKept } from './ended.ts'
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
  const { execution, job, directories, registries } = context
  if (isNoSpec(spec)) return noSpec()
  const publisher = registries.publishers.get(spec.Type)
  if (!publisher) throw new Fault('BadRequest', `this node does not support publisher "${spec.Type}"`)
  const { ID: executionId, NodeID: nodeId } = execution
  const request = { executionId, jobId: job.ID, nodeId, publisher: spec, resultDirectory: directories.result }
  const onWait = (why: string) => context.onProgress(topics.publishingResults, `The result waits on its node: ${why}`)
  let leftOut = new LeftOut()
  const publish = async () => {
    if (!directories.isResultWhole) await completeResult(context)
    leftOut = new LeftOut()
    return publisher.publish({ ...request, onLeftOut: (name, why) => leftOut.add(name, why), onWait }, signal)
  }
  try {
    return await keptMeanwhile(() => untilTaken(publish, context, signal), context)
  } finally {
    const text = leftOut.text()
    if (text !== undefined) context.onProgress(topics.publishingResults, text)
  }
}

const completeResult = async (context: PublishContext): Promise<void> => {
  const { directories, disk, logs, exitCode, isOwnEnd } = context
  const resultDirectory = await directories.makeResult()
  await pickResults(context)
  await logs.writeFiles(resultDirectory)
  await disk.writeFile(`${resultDirectory}/exitCode`, String(exitCode))
  if (isOwnEnd) await noteEnded(context)
  directories.isResultWhole = true
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

/** What is published sooner is not worth a sync. */
const keptAfterMs = 1_000

/** A program that has run for long is not to run again because its machine went down while its store was away. */
const keptMeanwhile = async <Published>(
  publish: () => Promise<Published>,
  context: PublishContext,
): Promise<Published> => {
  const isOver = new AbortController()
  const keeping = context.isOwnEnd ? keep(context, isOver.signal) : undefined
  try {
    return await publish()
  } finally {
    isOver.abort()
    await keeping
  }
}

/** Never rejects: what the disk does not take outlives only the process. */
const keep = async (context: PublishContext, signal: AbortSignal): Promise<void> => {
  try {
    do await context.clock.sleep(keptAfterMs, signal)
    while (!context.directories.isResultWhole)
    await noteKept(context)
  } catch {}
}

const firstPauseS = 1
const longestPauseS = 60
/** Of the time that it has waited, so that a store which is back gets it soon. */
const mostPausing = 0.25

/** Nor because its store was away for a while, or the disk of its node was full: it is tried again. */
const untilTaken = async (
  publish: () => Promise<SpecConfig>,
  { clock, disk, publishForMs, onProgress }: PublishContext,
  signal: AbortSignal,
): Promise<SpecConfig> => {
  const beganMs = clock.monotonicMs()
  for (;;) {
    try {
      return await publish()
    } catch (error) {
      const waitedMs = clock.monotonicMs() - beganMs
      const pauseS = Math.min(longestPauseS, Math.max(firstPauseS, Math.round((waitedMs * mostPausing) / 1_000)))
      const { message, hint, class: reason } = failureOf(error, topics.publishingResults)
      const isFull = tellsOfFullDisk(error)
      const isForNow = isFull || reason === 'transient'
      if (signal.aborted || !isForNow || waitedMs + pauseS * 1_000 > publishForMs) throw error
      const until = isFull ? 'kept here until there is room on the disk of the node,' : 'kept here'
      const why = isFull || !hint ? message : `${message} (${hint})`
      onProgress(topics.publishingResults, `The result is ${until} and published again in ${pauseS}s: ${why}`)
      if (isFull) await disk.makeRoom?.()
      await clock.sleep(pauseS * 1_000, signal)
    }
  }
}
