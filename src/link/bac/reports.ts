import { Fault } from '#lib/fault.ts'
import type { Event } from '#models/event.ts'
import type { RunCommandResult } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import { type FailureClass, failureClasses } from '#models/job.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { flagOf, nsOf, recordOf, sentenceOf, smallRecordOf, textMapOf, textOf, wholeOf } from '../go/checked.ts'
import { goRunOutput, goSpec } from '../go/reports.ts'

/** One report of a node of ours. Throws a Fault BadRequest when it is not of its form. */
export function readReport(value: unknown): ComputeMessage {
  const { Kind, Body } = recordOf(value, 'Message')
  const wire = recordOf(Body, 'Body')
  const of = {
    ExecutionID: textOf(wire.ExecutionID, 'ExecutionID') as ExecutionId,
    ...(wire.Epoch === undefined ? {} : { Epoch: wholeOf(wire.Epoch, 'Epoch') }),
  }
  switch (Kind) {
    case 'BidResult':
      return { Kind, Body: { ...of, IsAccepted: flagOf(wire.IsAccepted, 'IsAccepted'), Event: event(wire.Event) } }
    case 'RunStarted':
      return { Kind, Body: { ...of, StartTime: nsOf(wire.StartTime, 'StartTime'), ...content(wire) } }
    case 'Progress':
      return { Kind, Body: { ...of, Event: event(wire.Event) } }
    case 'RunResult': {
      const PublishedResult = goSpec(wire.PublishedResult, 'PublishedResult')
      return { Kind, Body: { ...of, ...details(wire), PublishedResult, RunOutput: goRunOutput(wire.RunOutput) } }
    }
    case 'ComputeError': {
      const body = { ...of, ...details(wire), FailureClass: failureClass(wire.FailureClass), Event: event(wire.Event) }
      const left =
        wire.PublishedResult === undefined ? {} : { PublishedResult: goSpec(wire.PublishedResult, 'PublishedResult') }
      return { Kind, Body: { ...body, RunOutput: output(wire.RunOutput), ...left } }
    }
    case 'CancelResult':
      return { Kind, Body: { ...of, ...details(wire), RunOutput: output(wire.RunOutput) } }
    default:
      throw new Fault('BadRequest', 'unknown kind of report')
  }
}

function event(value: unknown): Event {
  const wire = recordOf(value, 'Event')
  const { Message, Topic, Timestamp } = wire
  return {
    Message: sentenceOf(Message, 'Event.Message'),
    Topic: sentenceOf(Topic, 'Event.Topic'),
    Timestamp: nsOf(Timestamp, 'Event.Timestamp'),
    ...details(wire),
  }
}

const details = ({ Details }: Record<string, unknown>): { Details?: Record<string, string> } =>
  Details === undefined ? {} : { Details: textMapOf(smallRecordOf(Details, 'Details'), 'Details') }

const content = ({ Content, WaitsForContent }: Record<string, unknown>) => ({
  ...(Content === undefined ? {} : { Content: sentenceOf(Content, 'Content') }),
  ...(WaitsForContent === undefined ? {} : { WaitsForContent: flagOf(WaitsForContent, 'WaitsForContent') }),
})

function failureClass(value: unknown): FailureClass {
  const known = failureClasses.find((each) => each === value)
  if (!known) throw new Fault('BadRequest', `FailureClass must be one of ${failureClasses.join(', ')}`)
  return known
}

const output = (value: unknown): RunCommandResult | null => (value === null ? null : goRunOutput(value))
