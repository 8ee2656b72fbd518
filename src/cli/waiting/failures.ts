import { shortId } from '#lib/short-id.ts'
import { visible } from '#lib/text/visible.ts'
import type { Execution } from '#models/execution.ts'
import type { Job } from '#models/job.ts'
import type { JobHistory } from '#models/job-history.ts'
import { wrapIndented } from '../wrap.ts'

/** Why a job failed, one reason. */
export type Reason = { readonly message: string; readonly hint: string }

const endStates: readonly string[] = ['BidRejected', 'Completed', 'Failed', 'Cancelled']

/** The different reasons its executions give, in order; without one, what the job itself says. */
export function failureReasons(job: Job, history: readonly JobHistory[]): Reason[] {
  const reasons = new Map<string, Reason>()
  for (const { Event, ExecutionState } of history) {
    // A line about an execution that had ended says what follows, not why it ended.
    const isEnd = ExecutionState?.Previous !== ExecutionState?.New && endStates.includes(ExecutionState?.New ?? '')
    const isFailure = Event.Details?.FailsExecution === 'true' || isEnd
    if (!isFailure || Event.Message === '' || reasons.has(Event.Message)) continue
    reasons.set(Event.Message, { message: Event.Message, hint: Event.Details?.Hint ?? '' })
  }
  if (reasons.size > 0) return [...reasons.values()]
  const message = job.State.Message || 'job failed'
  const quoted = history.find(({ Event }) => Event.Details?.Hint && message.includes(Event.Message))
  return [{ message, hint: hintOf(message) || (quoted?.Event.Details?.Hint ?? '') }]
}

const hintOf = (message: string): string =>
  /does not support \S+, only [^(\n]*$/m.test(message)
    ? 'A node offers only what works on it (node list --show features); its log says why an engine, such as Docker, does not.'
    : ''

/** What the nodes said, equal messages together. */
export type NodeResult = { readonly who: string; readonly message: string }

const refusedStates: readonly string[] = ['AskForBidRejected', 'BidRejected', 'Cancelled', 'Failed']

export function nodeResults(executions: readonly Execution[]): NodeResult[] {
  const groups = Map.groupBy(executions, saidOf)
  groups.delete('')
  return [...groups].map(([message, group]) => ({ who: whoOf(group), message }))
}

/** The error of a run, else its stderr when it ended badly, else its stdout; without a run the state's message. */
export function saidOf({ RunOutput, ComputeState }: Execution): string {
  if (RunOutput === null) return refusedStates.includes(ComputeState.StateType) ? (ComputeState.Message ?? '') : ''
  return RunOutput.ErrorMsg || (RunOutput.ExitCode > 0 ? RunOutput.stderr : RunOutput.Stdout)
}

function whoOf(group: readonly Execution[]): string {
  const nodes = new Set(group.map((execution) => execution.NodeID))
  const [first] = group
  if (group.length === 1 && first) return `Node ${shortId(first.NodeID)}`
  return `${group.length} runs on ${nodes.size} nodes`
}

type Paint = (text: string) => string
export type TextStyle = { readonly columns: number; readonly red: Paint; readonly green: Paint }

/** A reason as it is told: `Error: …`, wrapped below itself, and what can be done. */
export function reasonText({ message, hint }: Reason, { columns, red, green }: TextStyle): string {
  const error = `\n${red('Error: ')}${wrapIndented(visible(message.trim()), columns, 7)}\n`
  return hint === '' ? error : `${error}\n       ${green('Hint: ')}${wrapIndented(visible(hint), columns, 13)}\n`
}

/** `• who: what it said`, wrapped below itself; the bullet counts as its bytes. */
export function nodeResultText({ who, message }: NodeResult, columns: number): string {
  const prefix = `• ${who}: `
  return `\n${prefix}${wrapIndented(message.replace(/^\n+|\n+$/g, ''), columns, Buffer.byteLength(prefix))}\n`
}
