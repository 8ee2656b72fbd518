import { encodeRunOutput } from '#api/encode/execution.ts'
import { encodeEvent } from '#api/encode/history.ts'
import { encodeSpecConfig } from '#api/encode/job.ts'
import type { Event } from '#models/event.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import { sentenceOf } from './checked.ts'

/**
 * Parts of a report that Go orchestrators of all generations read alike. What an engine or a publisher had to say has no
 * bound of its own, a message has: a report that does not fit would hold up all later ones.
 */
export const eventText = (event: Event): string =>
  encodeEvent({ ...event, Message: sentenceOf(event.Message, 'Message') })

/** The members of a JSON object that tell how a run ended. */
export function resultMembers({
  PublishedResult,
  RunOutput,
}: Extract<ComputeMessage, { Kind: 'RunResult' }>['Body']): string {
  const output = { ...RunOutput, ErrorMsg: sentenceOf(RunOutput.ErrorMsg, 'ErrorMsg') }
  return `"PublishResult":${encodeSpecConfig(PublishedResult)},"RunCommandResult":${encodeRunOutput(output)}`
}
