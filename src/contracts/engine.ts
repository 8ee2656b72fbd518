import type { ExecutionId, JobId } from '#models/ids.ts'
import type { FailureClass } from '#models/job.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource, NetworkConfig, ResultPath } from '#models/task.ts'
import type { Traffic } from './http-gate.ts'
import type { LogSink } from './log-sink.ts'
import type { InlineFile, PreparedInput } from './storage.ts'
import type { Verdict } from './verdict.ts'

export type OutputMount = {
  resultPath: ResultPath
  /** An existing folder on this machine that becomes `<Name>/` of the result. */
  hostPath: string
}

/** A private folder of this execution, removed once the result is stored. */
export type Scratch = {
  readonly path: string
  /** An engine that has something to put there makes it first. */
  make(): Promise<void>
}

/** Everything a program needs, prepared. */
export type RunRequest = {
  executionId: ExecutionId
  jobId: JobId
  engine: SpecConfig
  /** What its name stands for (see `contentOf`); absent = what it stands for here and now. */
  content?: string
  /** Merged: Task.Env < BACALHAU_* < the engine's own variables are added by the engine (they win). */
  env: Readonly<Record<string, string>>
  inputs: readonly PreparedInput[]
  /** In the order of `engineInputs(engine)`. */
  engineInputs: readonly (PreparedInput | InlineFile)[]
  /** All InputSources of the task by Alias, for engines that import by alias. */
  outputs: readonly OutputMount[]
  resources: Resources
  network: NetworkConfig
  logs: LogSink
  /** Takes a sentence for the user about what keeps the program from running yet, such as the transfer of its image. */
  onProgress?: (text: string) => void
  scratch: Scratch
}

export type KeptExecutions = Pick<ReadonlySet<ExecutionId>, 'has'>

/** `lacks`: with more of it the program might have gone on. */
export type ExitFailure = { message: string; class: FailureClass; hint?: string; lacks?: 'memory' }

/** How a program ended. `failure` = it could not be run to its end; a non-zero exit code alone is not a failure. */
export type Exit = {
  exitCode: number
  failure?: ExitFailure
  /** What its operating system ended it by (`SIGSEGV`), where that is known. */
  signal?: string
  /** What it sent and got over HTTP, where that is counted. */
  traffic?: Traffic
}

/** A program that runs: an object to hold, not an id to poll. */
export interface RunningProgram {
  /**
   * Settles once, never rejects; stays open when the engine let go of a program that outlives us.
   * After it nothing more is written to the log sink. A program that could not be started may end here with exit code -1.
   */
  readonly exit: Promise<Exit>
  /** Asks it to stop, and kills it after `graceMs`. Idempotent; resolves when it has ended. */
  stop(graceMs: number): Promise<void>
}

/** Runs programs of one kind. Found by `type` without case. */
export interface Engine {
  readonly type: string
  /** Time between the signal to stop and the kill where the job says none; absent = ten seconds. */
  readonly stopGraceMs?: number
  /** Can it work on this machine now? Asked at start and again with back-off. */
  isInstalled(signal: AbortSignal): Promise<Verdict>
  /** Sources the engine itself needs (WASM modules); fetched with the task's inputs. Throws a Fault for bad parameters. */
  engineInputs(engine: SpecConfig): readonly InputSource[]
  /** At bid time: may this node run it at all? (parameters, image platform). A world failure throws. */
  accepts(engine: SpecConfig, network: NetworkConfig, signal: AbortSignal): Promise<Verdict>
  /** At bid time: can its programs have this GPU of the machine? Absent = any. A world failure throws. */
  handsIn?(gpu: Gpu, signal: AbortSignal): Promise<Verdict>
  /**
   * What the program's name stands for here and now, such as an image by its digest; undefined when it says that itself, or has
   * nothing else to be known by.
   */
  contentOf?(engine: SpecConfig, signal: AbortSignal): Promise<string | undefined>
  /** Starts it. Rejects with a Fault (`details.FailureClass` names the class) when nothing was started; on abort nothing is left running. */
  start(request: RunRequest, signal: AbortSignal): Promise<RunningProgram>
  /**
   * After a restart of ours: takes hold of what still runs, or has ended meanwhile; undefined = knows nothing of it.
   * Never starts anything. Output goes on after `request.logs.keptBytes`.
   */
  attach(request: RunRequest, signal: AbortSignal): Promise<RunningProgram | undefined>
  /**
   * Removes everything this node left behind except the executions in `keep` (X21), which is asked after looking what there is.
   * Called at start, and whenever it works again.
   */
  sweep(keep: KeptExecutions): Promise<void>
  /** Lets go. Programs that can outlive us (containers) keep running for `attach`; others end. */
  close(): Promise<void>
}
