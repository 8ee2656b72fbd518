import { nsOfTime, type Wire } from '#api/decode/wire-json.ts'
import { type Event, noEvent } from '#models/event.ts'
import { type RunCommandResult, runOutputLimitBytes } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { FailureClass } from '#models/job.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { noSpec, type SpecConfig } from '#models/spec-config.ts'
import { codeOf, flagOf, listOf, recordOf, sentenceOf, smallRecordOf, textMapOf, textOf } from './checked.ts'

type Report<Kind extends ComputeMessage['Kind']> = Extract<ComputeMessage, { Kind: Kind }>

/**
 * What Go nodes report, as our messages. They know no epochs: `Epoch` is left out, which means the one of the execution
 * itself. Each start has an id of its own there, so an id can only mean that one.
 * All throw a Fault BadRequest when the report is not of its form.
 */
export const bidResult = (wire: Wire, event: Event): Report<'BidResult'> => ({
  Kind: 'BidResult',
  Body: { ExecutionID: executionIdOf(wire), IsAccepted: flagOf(wire.Accepted, 'Accepted'), Event: event },
})

export const runResult = (wire: Wire): Report<'RunResult'> => ({
  Kind: 'RunResult',
  Body: {
    ExecutionID: executionIdOf(wire),
    PublishedResult: goSpec(wire.PublishResult, 'PublishResult'),
    RunOutput: goRunOutput(wire.RunCommandResult),
  },
})

export const computeError = (wire: Wire, event: Event): Report<'ComputeError'> => ({
  Kind: 'ComputeError',
  Body: {
    ExecutionID: executionIdOf(wire),
    FailureClass: failureClassOf(event),
    Event: event,
    RunOutput: null,
    ...(lacksMemory(event) ? { Details: { Lacks: 'memory' } } : {}),
  },
})

/**
 * What stands in the place of a report that cannot be read: its node says it only once, so without an end the execution
 * would run for ever. Of no execution that can be made out, it does nothing but count as received.
 */
export function unreadableReport(id: unknown, why: string): ComputeMessage {
  const ExecutionID = (typeof id === 'string' ? id : '') as ExecutionId
  const Event = { ...noEvent(), Message: `the node's report cannot be read: ${why}` }
  return { Kind: 'ComputeError', Body: { ExecutionID, FailureClass: 'node', Event, RunOutput: null } }
}

/** What stands in the place of a bid that its node has made before it was started again. */
export function forgottenBid(ExecutionID: ExecutionId): ComputeMessage {
  const Event = { ...noEvent(), Message: 'the node was started again before its bid was answered' }
  return { Kind: 'ComputeError', Body: { ExecutionID, FailureClass: 'lost', Event, RunOutput: null } }
}

/** The first of a list: the later ones repeat it in other words. */
export const firstEvent = (value: unknown): Event => listOf(value, 'Events', goEvent)[0] ?? noEvent()

export function goEvent(value: unknown, name: string): Event {
  const wire = recordOf(value, name)
  const details = textMapOf(smallRecordOf(wire.Details, `${name}.Details`), `${name}.Details`)
  return {
    Message: sentenceOf(wire.Message, `${name}.Message`),
    Topic: sentenceOf(wire.Topic, `${name}.Topic`),
    Timestamp: nsOfTime(wire.Timestamp),
    ...(Object.keys(details).length > 0 ? { Details: details } : {}),
  }
}

/** Codes of errors that are the job's own fault, on every node. */
const userErrors = ['BadRequest', 'ValidationError', 'ConfigurationError', 'ImageNotFound', 'ImageInvalidAuth']

/** Go nodes tell no class; what they say of an error tells the most important ones apart. */
export function failureClassOf(event: Event): FailureClass {
  const { Details = {} } = event
  if (lacksMemory(event)) return 'resource'
  if (Details.Retryable === 'true') return 'transient'
  if (userErrors.includes(Details.ErrorCode ?? '')) return 'user'
  // The node itself gave up: it was restarted under it.
  return Details.FailsExecution === 'true' && Details.IsError !== 'true' ? 'lost' : 'transient'
}

/** Their Docker engine says so in these words, in both generations. */
const lacksMemory = ({ Message }: Event): boolean => Message.includes('memory limit exceeded')

const executionIdOf = ({ ExecutionID }: Wire): ExecutionId => textOf(ExecutionID, 'ExecutionID') as ExecutionId

export function goSpec(value: unknown, name: string): SpecConfig {
  const { Type, Params } = recordOf(value, name)
  const params = smallRecordOf(Params, `${name}.Params`)
  return Type
    ? { Type: textOf(Type, `${name}.Type`), ...(Object.keys(params).length > 0 ? { Params: params } : {}) }
    : noSpec()
}

export function goRunOutput(value: unknown): RunCommandResult {
  const wire = recordOf(value, 'RunCommandResult')
  const [Stdout, stderr] = [textOf(wire.Stdout, 'Stdout'), textOf(wire.stderr, 'stderr')]
  return {
    Stdout: Stdout.slice(0, runOutputLimitBytes),
    StdoutTruncated: Stdout.length > runOutputLimitBytes || flagOf(wire.StdoutTruncated, 'StdoutTruncated'),
    stderr: stderr.slice(0, runOutputLimitBytes),
    StderrTruncated: stderr.length > runOutputLimitBytes || flagOf(wire.StderrTruncated, 'StderrTruncated'),
    ExitCode: codeOf(wire.ExitCode, 'ExitCode'),
    ErrorMsg: sentenceOf(wire.ErrorMsg, 'ErrorMsg'),
  }
}
