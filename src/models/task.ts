import type { ResourcesConfig } from './resources.ts'
import type { SpecConfig } from './spec-config.ts'

/** Where something comes from and where the program finds it. */
export type InputSource = { Source: SpecConfig; Alias: string; Target: string }

/** A folder of the program that belongs to its result, whole or what a pattern names of it (`placeOf`). */
export type ResultPath = { Name: string; Path: string }

/** Whole seconds; 0 = none (`QueueTimeout` 0 = do not queue). */
export type TimeoutConfig = { ExecutionTimeout?: bigint; QueueTimeout?: bigint; TotalTimeout?: bigint }

export type NetworkType = 'None' | 'Full' | 'HTTP' | 'Host' | 'Bridge' | 'Default'
export type Port = { Name: string; Static?: number; Target?: number; HostNetwork?: string }
export type NetworkConfig = { Type: NetworkType; Domains?: string[]; Ports?: Port[] }

/** One program of a job, normalised: every part is present. */
export type Task = {
  Name: string
  Engine: SpecConfig
  Publisher: SpecConfig
  Env: Record<string, string>
  Meta: Record<string, string>
  InputSources: InputSource[]
  ResultPaths: ResultPath[]
  Resources: ResourcesConfig
  Network: NetworkConfig
  Timeouts: TimeoutConfig
  /** Ours: a non-zero exit code fails the execution. Default false, as the reference. */
  FailOnExitCode?: boolean
  /** Ours: what a failed execution has left is published too. Default false, as the reference. */
  PublishOnFailure?: boolean
  /** Ours: seconds between the stop signal and the kill. Default 10. */
  StopGrace?: number
}

export const defaultStopGraceSeconds = 10

/** Seconds an execution may run; falls back to the total timeout; 0 = none. */
export const executionTimeoutOf = (task: Task): bigint =>
  (task.Timeouts.ExecutionTimeout ?? 0n) > 0n
    ? (task.Timeouts.ExecutionTimeout ?? 0n)
    : (task.Timeouts.TotalTimeout ?? 0n)
