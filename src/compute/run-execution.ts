import type { Disk } from '#contracts/disk.ts'
import type { Engine, Exit, RunningProgram, RunRequest } from '#contracts/engine.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import type { Clock } from '#lib/clock.ts'
import { formatDuration } from '#lib/duration.ts'
import { Fault } from '#lib/fault.ts'
import { topics } from '#models/event.ts'
import type { Execution, RunCommandResult } from '#models/execution.ts'
import { isLongRunning, type Job, mainTask, partitionCount } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { defaultStopGraceSeconds, executionTimeoutOf } from '#models/task.ts'
import type { ExecutionDirectories } from './directories.ts'
import { type Failure, failureOf } from './failure.ts'
import type { Registries } from './registry.ts'
import { environmentOf, type HostEnvironment } from './steps/environment.ts'
import { fetchInputs } from './steps/inputs.ts'
import { publishResult } from './steps/publish.ts'

/** How one attempt ended. */
export type Ending =
  | { kind: 'completed'; output: RunCommandResult; published: SpecConfig }
  | { kind: 'failed'; failure: Failure; output: RunCommandResult | null }
  | { kind: 'cancelled'; output: RunCommandResult | null }
  /** The node itself stops: nothing is reported, the next start takes it up again. */
  | { kind: 'left' }

export type RunContext = {
  execution: Execution
  job: Job
  resources: Resources
  startTime: bigint
  directories: ExecutionDirectories
  logs: LogKeeper
  disk: Disk
  clock: Clock
  registries: Registries
  host: HostEnvironment
  /** The engine may still hold it from before our restart. */
  isResumed: boolean
}

/** Why a run is broken off; the reason of its abort signal. */
export type StopReason = 'cancelled' | 'timeout' | 'leaving'

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
export const runExecution = async (context: RunContext, stop: AbortController): Promise<Ending> => {
  const timer = startTimeout(context, stop)
  let exit: Exit | undefined
  try {
    if (stop.signal.aborted) throw stop.signal.reason
    exit = await runProgram(context, stop.signal)
    await context.logs.close()
    if (stop.signal.aborted && stop.signal.reason !== 'timeout') throw stop.signal.reason
    if (stop.signal.aborted) throw new PhaseError(timeoutFailure(context))
    const failure = failureOfExit(context, exit)
    if (failure) throw new PhaseError(failure)
    const exitCode = exit.exitCode
    const published = await inPhase(topics.publishingResults, () =>
      publishResult({ ...context, exitCode }, stop.signal),
    )
    return { kind: 'completed', output: outputOf(context, exitCode, ''), published }
  } catch (error) {
    return endingOf(context, stop.signal, error, exit)
  } finally {
    timer?.stop()
    await context.logs.close()
  }
}

const startTimeout = ({ job, clock, startTime }: RunContext, stop: AbortController) => {
  const seconds = executionTimeoutOf(mainTask(job))
  if (seconds <= 0n || isLongRunning(job.Type)) return undefined
  const passedMs = Number((clock.nowNs() - startTime) / 1_000_000n)
  return clock.after(Math.max(0, Math.min(2 ** 30, Number(seconds) * 1000 - passedMs)), () =>
    stop.abort('timeout' satisfies StopReason),
  )
}

const runProgram = async (context: RunContext, signal: AbortSignal): Promise<Exit> => {
  const engine = context.registries.engines.get(mainTask(context.job).Engine.Type)
  if (!engine) throw new Fault('BadRequest', `this node does not support engine "${mainTask(context.job).Engine.Type}"`)
  const program = context.isResumed ? await resumed(context, engine, signal) : await started(context, engine, signal)
  const graceMs = stopGraceMs(context.job)
  const onStop = (): void => {
    if (signal.reason !== ('leaving' satisfies StopReason)) program.stop(graceMs).catch(() => {})
  }
  signal.addEventListener('abort', onStop, { once: true })
  if (signal.aborted) onStop()
  try {
    return await (signal.reason === 'leaving'
      ? Promise.reject('leaving')
      : Promise.race([program.exit, leaving(signal)]))
  } finally {
    signal.removeEventListener('abort', onStop)
  }
}

/** Rejects when the node leaves; the program is left to itself. */
const leaving = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => signal.reason === 'leaving' && reject('leaving'), { once: true })
  })

const started = async (context: RunContext, engine: Engine, signal: AbortSignal): Promise<RunningProgram> => {
  const request = await inPhase(topics.downloadingInputs, () => prepared(context, engine, signal))
  return inPhase(topics.runningExecution, () => engine.start(request, signal)).catch((error: unknown) => {
    throw error instanceof PhaseError ? new PhaseError(asExecutionError(error.failure)) : error
  })
}

const resumed = async (context: RunContext, engine: Engine, signal: AbortSignal): Promise<RunningProgram> => {
  const request = await runRequest(context, { inputs: [], engineInputs: [], env: {} })
  const program = await inPhase(topics.runningExecution, () => engine.attach(request, signal))
  if (program) return program
  const message = 'the node restarted while it ran'
  throw new PhaseError({ message, topic: topics.runningExecution, class: 'lost' })
}

const prepared = async (context: RunContext, engine: Engine, signal: AbortSignal): Promise<RunRequest> => {
  const { execution, job, registries, directories } = context
  const task = mainTask(job)
  const fetch = {
    partition: { index: execution.PartitionIndex, count: partitionCount(job) },
    limitBytes: context.resources.Disk > 0 ? context.resources.Disk : Number.MAX_SAFE_INTEGER,
  }
  const [inputs, engineInputs] = await Promise.all([
    fetchInputs({ ...fetch, inputs: task.InputSources, firstIndex: 0 }, registries, directories, signal),
    fetchInputs(
      { ...fetch, inputs: engine.engineInputs(task.Engine), firstIndex: task.InputSources.length },
      registries,
      directories,
      signal,
    ),
  ])
  return runRequest(context, { inputs, engineInputs, env: environmentOf(execution, job, context.host) })
}

const runRequest = async (
  { execution, job, directories, resources, logs }: RunContext,
  ready: Pick<RunRequest, 'inputs' | 'engineInputs' | 'env'>,
): Promise<RunRequest> => {
  const task = mainTask(job)
  return {
    ...ready,
    executionId: execution.ID,
    jobId: job.ID,
    engine: task.Engine,
    outputs: await Promise.all(
      task.ResultPaths.map(async (resultPath) => ({ resultPath, hostPath: await directories.output(resultPath.Name) })),
    ),
    resources,
    network: task.Network,
    stopGraceMs: stopGraceMs(job),
    logs,
    scratchDirectory: directories.scratch,
  }
}

const stopGraceMs = (job: Job): number => (mainTask(job).StopGrace ?? defaultStopGraceSeconds) * 1000

const asExecutionError = (failure: Failure): Failure => ({ ...failure, message: `execution error: ${failure.message}` })

const failureOfExit = ({ job }: RunContext, exit: Exit): Failure | undefined => {
  if (exit.failure) return asExecutionError({ topic: topics.runningExecution, ...exit.failure })
  if (exit.exitCode !== 0 && mainTask(job).FailOnExitCode) {
    return {
      message: `the program ended with exit code ${exit.exitCode}`,
      topic: topics.runningExecution,
      class: 'user',
    }
  }
  return undefined
}

const timeoutFailure = ({ job }: RunContext): Failure => ({
  message: `Execution timed out after ${formatDuration(executionTimeoutOf(mainTask(job)) * 1_000_000_000n)}`,
  topic: topics.runningExecution,
  class: 'transient',
  hint: 'Increase the task timeout or allocate more resources',
  isRetryable: true,
})

const endingOf = (context: RunContext, signal: AbortSignal, error: unknown, exit: Exit | undefined): Ending => {
  if (signal.aborted && signal.reason === 'leaving') return { kind: 'left' }
  const output = outputOf(context, exit?.exitCode ?? -1, '')
  if (signal.aborted && signal.reason === 'cancelled') return { kind: 'cancelled', output }
  const isTimeout = signal.aborted && signal.reason === 'timeout'
  const failure = isTimeout
    ? timeoutFailure(context)
    : error instanceof PhaseError
      ? error.failure
      : failureOf(error, topics.runningExecution)
  return { kind: 'failed', failure, output: { ...output, ErrorMsg: failure.message } }
}

const outputOf = ({ logs }: RunContext, exitCode: number, errorMessage: string): RunCommandResult => ({
  ...logs.summary(),
  ExitCode: exitCode,
  ErrorMsg: errorMessage,
})
