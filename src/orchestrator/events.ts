import { formatDuration } from '#lib/duration.ts'
import { formatBytes } from '#lib/sizes.ts'
import { type Event, topics } from '#models/event.ts'

/** What people read in histories. The texts are the ones clients know. */
const event = (topic: string, Message: string, Timestamp: bigint, Details?: Record<string, string>): Event => ({
  Message,
  Topic: topic,
  Timestamp,
  ...(Details ? { Details } : {}),
})

const timeoutDetails = {
  IsError: 'true',
  Hint: 'Increase the task timeout or allocate more resources',
  FailsExecution: 'true',
}
const seconds = (value: bigint): string => formatDuration(value * 1_000_000_000n)

export const jobSubmitted = (now: bigint): Event => event(topics.submission, 'Job submitted', now)
export const jobUpdated = (now: bigint): Event => event(topics.submission, 'Job updated', now)
export const jobRerun = (now: bigint, reason: string): Event =>
  event(topics.submission, 'Job rerun requested', now, { Reason: reason })
export const jobStopped = (now: bigint, reason: string): Event =>
  event(topics.scheduling, 'Job requested to stop before completion', now, { Reason: reason })
export const jobQueued = (now: bigint, why: string): Event => event(topics.queueing, `Job queued. ${why}`, now)
export const jobTimedOut = (now: bigint, timeoutSeconds: bigint): Event =>
  event(topics.jobTimeout, `Job timed out. Job took longer than ${seconds(timeoutSeconds)}`, now, timeoutDetails)
export const jobFailed = (now: bigint, message: string, details: Record<string, string> = { IsError: 'true' }): Event =>
  event(topics.scheduling, message, now, details)
export const execRequested = (now: bigint, nodeId: string, shortNode: string): Event =>
  event(topics.scheduling, `Requested execution on ${shortNode}`, now, { NodeID: nodeId })
export const execRunning = (now: bigint): Event => event(topics.execution, 'Running', now)
export const execCompleted = (now: bigint): Event => event(topics.execution, 'Completed successfully', now)
/** Of a program that is to run for ever; clients know no line of the history for it. */
export const unexpectedEnd = 'execution completed unexpectedly'
export const stateUpdate = (now: bigint, state: string, text?: string): Event =>
  event(topics.stateUpdate, text ? `${state}. ${text}` : state, now, { NewState: state })

export const execStop = (now: bigint, text: string): Event => event(topics.scheduling, text, now)
export const stopTexts = {
  jobStopped: 'Execution stop requested because job has been stopped',
  nodeGone: 'Execution stop requested because node has disappeared',
  unanswered: 'Execution stop requested because its node does not say whether it takes it',
  extra: 'Execution stop requested because there are more executions than needed',
  jobFailed: 'Execution stopped due to job failure',
  unmatched: 'Execution stop requested because node does not match the job any more',
  drained: 'Execution stop requested because its node is being drained',
  drainedByNow: 'Execution stop requested because its node was to be empty by now',
  jobUpdated: 'Execution stopped for job update',
} as const

/** `memoryBytes`: of the next one, when it has more than the job asks for; else 0. */
type RetryNews = { what: string; retry: { inNs: bigint; memoryBytes: number } | { why: string } }
export const execRetry = (now: bigint, { what, retry }: RetryNews): Event => {
  const next =
    'why' in retry
      ? `no other follows: ${retry.why}`
      : `the next follows ${whenText(retry.inNs)}${memoryText(retry.memoryBytes)}`
  return event(topics.scheduling, `${what}, ${next}`, now)
}
/** Of an attempt that has more memory than its job asks for. */
export const memoryText = (bytes: number): string => (bytes > 0 ? `, with ${formatBytes(bytes)} of memory` : '')
const whenText = (ns: bigint): string =>
  ns > 0n ? `in ${formatDuration((ns / msNs) * msNs)}` : 'as soon as a node can take it'

const msNs = 1_000_000n

/** A moment, for people. */
export const timeText = (ns: bigint): string => new Date(Number(ns / msNs)).toISOString()
