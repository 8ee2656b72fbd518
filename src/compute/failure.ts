import type { ExitFailure } from '#contracts/engine.ts'
import { Fault, isDiskFull, messageOf } from '#lib/fault.ts'
import type { Event } from '#models/event.ts'
import { type FailureClass, failureClasses } from '#models/job.ts'

/** Why an attempt failed, in which phase, and whether trying again may help. */
export type Failure = ExitFailure & { topic: string; isRetryable?: boolean }

/** Also where a fault tells of it in its own words. */
export const tellsOfFullDisk = (error: unknown): boolean =>
  error instanceof Fault ? error.code === 'StorageFull' : isDiskFull(error)

const diskFullHint = 'The disk of the node is full. Its operator frees some; until then other nodes may run the job.'

/** The class a fault names itself, else what its code says about whose fault it is. */
const failureClassOf = (error: unknown): FailureClass => {
  if (tellsOfFullDisk(error)) return 'node'
  if (!(error instanceof Fault)) return 'transient'
  const named = failureClasses.find((name) => name === error.details?.['FailureClass'])
  if (named) return named
  switch (error.code) {
    case 'BadRequest':
    case 'ValidationError':
    case 'NotFound':
    case 'Forbidden':
    case 'Unauthorized':
      return 'user'
    case 'ResourceExhausted':
    case 'PayloadTooLarge':
      return 'resource'
    default:
      return 'transient'
  }
}

export const failureOf = (error: unknown, topic: string): Failure => {
  const hint = (error instanceof Fault && error.hint) || (tellsOfFullDisk(error) ? diskFullHint : '')
  return { message: messageOf(error), topic, class: failureClassOf(error), ...(hint ? { hint } : {}) }
}

export const failureEvent = (failure: Failure, nowNs: bigint): Event => ({
  Message: failure.message,
  Topic: failure.topic,
  Timestamp: nowNs,
  Details: {
    IsError: 'true',
    ...(failure.hint ? { Hint: failure.hint } : {}),
    ...(failure.lacks ? { Lacks: failure.lacks } : {}),
    ...(failure.isRetryable ? { Retryable: 'true' } : {}),
  },
})
