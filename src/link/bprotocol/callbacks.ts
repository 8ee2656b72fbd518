import type { Wire } from '#api/decode/wire-json.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { textOf } from '../go/checked.ts'
import { bidResult, computeError, goEvent, runResult } from '../go/reports.ts'

/** A node says so when it is asked for what it has already: that is not how the execution ended. */
const repeated = 'execution already exists'

/**
 * What a node calls back, as our message; undefined = it changes nothing.
 * Throws a Fault BadRequest when it is not of its form.
 */
export function callbackMessage(name: string, wire: Wire): ComputeMessage | undefined {
  switch (name) {
    case 'OnBidComplete':
      return bidResult(wire, goEvent(wire.Event, 'Event'))
    case 'OnRunComplete':
      return runResult(wire)
    case 'OnComputeFailure': {
      const event = goEvent(wire.Event, 'Event')
      return event.Message.includes(repeated) ? undefined : computeError(wire, event)
    }
    case 'OnCancelComplete': {
      const ExecutionID = textOf(wire.ExecutionID, 'ExecutionID') as ExecutionId
      return { Kind: 'CancelResult', Body: { ExecutionID, RunOutput: null } }
    }
    default:
      return undefined
  }
}
