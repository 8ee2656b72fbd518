import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { WasmSettings } from '../settings.ts'
import type { Runner } from './runner.ts'

/**
 * What a run asks of its child: modules it had better have compiled, those of them that take long to compile, and the files of this
 * machine it works on.
 */
export type RunnerNeeds = { digests: readonly string[]; large: readonly string[]; places: readonly Place[] }
export type Place = { hostPath: string; isReadOnly: boolean }

export const noNeeds: RunnerNeeds = { digests: [], large: [], places: [] }

/** Whether the child has to compile for long before the program can start. */
export const takesLongToLoad = ({ modules }: Pick<Runner, 'modules'>, { large }: RunnerNeeds): boolean =>
  large.some((digest) => !modules.has(digest))

/** Where runs get their children from. */
export interface RunnerSupply extends Startable {
  /** A child for one run; the caller gives it back with `release`. Rejects when aborted while it waits. */
  take(needs: RunnerNeeds, signal: AbortSignal): Promise<Runner> | Runner
  /** Takes a child back after its run; one that must not be used again is ended. */
  release(runner: Runner, isSpent: boolean): void
  /** Children that have come up and have something to do. */
  readonly working: number
}

export type RunnerSupplyOptions = {
  /** How to start a child: program and arguments. */
  command: readonly string[]
  settings: WasmSettings
  clock: Clock
  log: EventLog
}

/** The words that start a child. */
export const runnerWords = ({ command, settings }: RunnerSupplyOptions): string[] => [
  ...command,
  ...(settings.isOptimized ? [] : ['tiered']),
]
