import type { Engine, Exit, RunningProgram } from '#contracts/engine.ts'
import { formatDuration } from '#lib/duration.ts'
import { Fault } from '#lib/fault.ts'
import { orAborted } from '#lib/or-aborted.ts'
import { topics } from '#models/event.ts'
import type { RunCommandResult } from '#models/execution.ts'
import { isLongRunning, mainTask } from '#models/job.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { executionTimeoutOf } from '#models/task.ts'
import { type Failure, failureOf } from './failure.ts'
import type { RunContext } from './run-context.ts'
import { endedBefore } from './steps/ended.ts'
import { broughtBack } from './steps/kept-result.ts'
import { publishFailed, publishResult } from './steps/publish.ts'
import { attachRequest, startRequest, stopGraceMs } from './steps/run-request.ts'

/** How one attempt ended. */
export type Ending =
  | ({ kind: 'completed'; output: RunCommandResult; published: SpecConfig } & Seen)
  | ({ kind: 'failed'; failure: Failure; output: RunCommandResult | null; published?: SpecConfig } & Seen)
  | ({ kind: 'cancelled'; output: RunCommandResult | null } & Seen)
  /** The node itself stops: nothing is reported, the next start takes it up again. */
  | { kind: 'left' }

/** What else was seen of a program, which goes into the details of its execution. */
type Seen = Pick<Exit, 'traffic' | 'signal'>

/** What is left after a timeout is published so long. */
const leftPublishMs = 60_000

/** Why a run is broken off; the reason of its abort signal. */
export type StopReason = 'cancelled' | 'timeout' | 'leaving'

/** Breaks a run off; the first reason counts. `leaving`: the node does not wait for the end of a stop that is under way. */
export type Stop = { readonly signal: AbortSignal; readonly leaving: AbortSignal; stop(reason: StopReason): void }

/** A failure with the phase it happened in. */
class PhaseError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

const inPhase = async <Value>(topic: string, work: () => Promise<Value>): Promise<Value> => {
  try {
    return await work()
  } catch (error) {
    throw new PhaseError(failureOf(error, topic))
  }
}

/** Everything between "it may start" and "it has ended": inputs, environment, program, results. Never throws. */
export const runExecution = async (context: RunContext, stop: Stop): Promise<Ending> => {
  const { signal, leaving } = stop
  const timer = startTimeout(context, stop)
  let exit: Exit | undefined
  try {
    // What may still run is found first: only then it can be stopped.
    if (leaving.aborted || (signal.aborted && !context.isResumed)) throw signal.reason
    exit = await runProgram(context, stop)
    // It limits the program; how long its result may take to be published, the node says.
    if ((mainTask(context.job).Timeouts.ExecutionTimeout ?? 0n) > 0n) timer?.stop()
    await context.logs.close()
    if (signal.aborted && signal.reason !== 'timeout') throw signal.reason
    if (signal.aborted) throw new PhaseError(timeoutFailure(context))
    const failure = failureOfExit(context, exit)
    if (failure) throw new PhaseError(failure)
    const exitCode = exit.exitCode
    const toPublish = { ...context, exitCode, isOwnEnd: true }
    const published = await inPhase(topics.publishingResults, () => publishResult(toPublish, signal))
    return { kind: 'completed', output: outputOf(context, exitCode, ''), published, ...seenOf(exit) }
  } catch (error) {
    if (leaving.aborted) return { kind: 'left' }
    const ending = endingOf(context, signal, error, exit)
    return ending.kind === 'failed' && exit ? await withResult(context, ending, exit, stop) : ending
  } finally {
    timer?.stop()
    context.ports.release(context.execution.ID)
    await context.logs.close()
  }
}

const startTimeout = ({ job, clock, startTime }: RunContext, stop: Stop) => {
  const seconds = executionTimeoutOf(mainTask(job))
  if (seconds <= 0n || isLongRunning(job.Type)) return undefined
  const passedMs = Number((clock.nowNs() - startTime) / 1_000_000n)
  return clock.after(Math.max(0, Math.min(2 ** 30, Number(seconds) * 1000 - passedMs)), () => stop.stop('timeout'))
}

const runProgram = async (context: RunContext, { signal, leaving }: Stop): Promise<Exit> => {
  const engine = context.registries.engines.get(mainTask(context.job).Engine.Type)
  if (!engine) throw new Fault('BadRequest', `this node does not support engine "${mainTask(context.job).Engine.Type}"`)
  const program = context.isResumed ? await resumed(context, engine, leaving) : await started(context, engine, signal)
  const graceMs = stopGraceMs(context.job, engine)
  const onStop = (): void => {
    if (!leaving.aborted) program.stop(graceMs).catch(() => {})
  }
  signal.addEventListener('abort', onStop, { once: true })
  if (signal.aborted) onStop()
  try {
    // When the node leaves, the program is left to itself.
    return await orAborted(program.exit, leaving)
  } finally {
    signal.removeEventListener('abort', onStop)
  }
}

const started = async (context: RunContext, engine: Engine, signal: AbortSignal): Promise<RunningProgram> => {
  const exit = await inPhase(topics.downloadingInputs, () => broughtBack(context, signal))
  if (exit) return endedProgram(exit)
  const prepared = await inPhase(topics.downloadingInputs, () => startRequest(context, engine, signal))
  const content = await orAborted(context.content, signal)
  const request = { ...prepared, ...(content && { content }) }
  return inPhase(topics.runningExecution, () => engine.start(request, signal)).catch((error: unknown) => {
    throw error instanceof PhaseError ? new PhaseError(asExecutionError(error.failure)) : error
  })
}

/** A stop does not break that off: what is not found cannot be stopped. */
const resumed = async (context: RunContext, engine: Engine, leaving: AbortSignal): Promise<RunningProgram> => {
  const request = await attachRequest(context)
  const program = await inPhase(topics.runningExecution, () => engine.attach(request, leaving))
  if (program) return program
  const exit = await endedBefore(context)
  if (exit) return endedProgram(exit)
  const message = 'the node restarted while it ran'
  throw new PhaseError({ message, topic: topics.runningExecution, class: 'lost' })
}

const endedProgram = (exit: Exit): RunningProgram => ({ exit: Promise.resolve(exit), stop: async () => {} })

const asExecutionError = (failure: Failure): Failure => ({ ...failure, message: `execution error: ${failure.message}` })

const failureOfExit = ({ job }: RunContext, exit: Exit): Failure | undefined => {
  if (exit.failure) return asExecutionError({ topic: topics.runningExecution, ...exit.failure })
  if (exit.exitCode !== 0 && mainTask(job).FailOnExitCode) {
    return {
      message: `the program ended with exit code ${exit.exitCode}${exit.signal ? ` (${exit.signal})` : ''}`,
      topic: topics.runningExecution,
      class: 'user',
    }
  }
  return undefined
}

/** With the total timeout of the job, which its result had to be published in too: then the program is not at fault. */
const timedOut = (context: RunContext, { topic }: Failure): Failure =>
  topic === topics.publishingResults ? { ...timeoutFailure(context), topic } : timeoutFailure(context)

const timeoutFailure = ({ job }: RunContext): Failure => ({
  message: `Execution timed out after ${formatDuration(executionTimeoutOf(mainTask(job)) * 1_000_000_000n)}`,
  topic: topics.runningExecution,
  class: 'transient',
  hint: 'Increase the task timeout or allocate more resources',
  isRetryable: true,
})

const endingOf = (context: RunContext, signal: AbortSignal, error: unknown, exit: Exit | undefined): Ending => {
  const output = outputOf(context, exit?.exitCode ?? -1, '')
  if (signal.aborted && signal.reason === 'cancelled') return { kind: 'cancelled', output, ...seenOf(exit) }
  const isTimeout = signal.aborted && signal.reason === 'timeout'
  const told = error instanceof PhaseError ? error.failure : failureOf(error, topics.runningExecution)
  const failure = isTimeout ? timedOut(context, told) : told
  return { kind: 'failed', failure, output: { ...output, ErrorMsg: failure.message }, ...seenOf(exit) }
}

/** With what the program has left, where somebody finds it. After a timeout that may take a while too. */
const withResult = async (
  context: RunContext,
  ending: Extract<Ending, { kind: 'failed' }>,
  { exitCode, failure }: Exit,
  { signal, leaving }: Stop,
): Promise<Ending> => {
  await context.logs.close()
  const isOver = new AbortController()
  const timer = signal.aborted
    ? context.clock.after(leftPublishMs, () => isOver.abort(new Error('it takes too long')))
    : undefined
  const until = signal.aborted ? AbortSignal.any([isOver.signal, leaving]) : signal
  const isOwnEnd = failure === undefined && !signal.aborted
  const published = await publishFailed(ending.failure, { ...context, exitCode, isOwnEnd }, until)
  timer?.stop()
  if (leaving.aborted) return { kind: 'left' }
  return published ? { ...ending, failure: foundAt(ending.failure, published), published } : ending
}

const foundAt = (failure: Failure, { Type }: SpecConfig): Failure =>
  failure.topic === topics.publishingResults && Type === 'link'
    ? { ...failure, message: `${failure.message} (the orchestrator keeps the result: bacalhau job get)` }
    : failure

const seenOf = (exit: Exit | undefined): Seen => ({
  ...(exit?.traffic && { traffic: exit.traffic }),
  ...(exit?.signal && { signal: exit.signal }),
})

const outputOf = ({ logs }: RunContext, exitCode: number, errorMessage: string): RunCommandResult => ({
  ...logs.summary(),
  ExitCode: exitCode,
  ErrorMsg: errorMessage,
})
