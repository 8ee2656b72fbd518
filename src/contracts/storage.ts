import type { JobId } from '#models/ids.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import type { FileOrigin } from './file-cache.ts'
import type { Verdict } from './verdict.ts'

/** An input that lies on this machine, ready to be mounted. */
export type PreparedInput = {
  input: InputSource
  /** Absolute path of a file or folder on this machine. */
  hostPath: string
  kind: 'file' | 'directory'
  /** Absolute path inside the program; a storage may append a file name to the Target. */
  guestPath: string
  isReadOnly: boolean
  /** How its files came; absent = all of them were fetched. */
  origins?: ReadonlySet<FileOrigin>
  /** Of all its files together, where who brought them knows it; absent = whoever wants to know must look at them. */
  sizeBytes?: number
}

/** A file that lies in the job itself and needs no place on the disk. */
export type InlineFile = Pick<PreparedInput, 'input' | 'guestPath'> & { bytes: Uint8Array }

/**
 * Which share of an input an execution gets: `index` of `count` partitions of one version of a job, whose executions all deal
 * out the same.
 */
export type InputShare = { jobId: JobId; jobVersion: number; index: number; count: number }

export type PrepareContext = {
  /** An empty folder of this input alone, made by the caller and removed by it afterwards. */
  directory: string
  share: InputShare
  /** Most bytes this input may take; more is a fault of class ResourceExhausted. */
  limitBytes: number
}

/** Brings inputs to the node. One per technology; found by `types` without case. */
export interface Storage {
  /** Spellings of SpecConfig.Type this storage answers to; the first is reported to the orchestrator (lower case). */
  readonly types: readonly string[]
  /** Can it work on this machine now? Asked at start and again with back-off. */
  isInstalled(signal: AbortSignal): Promise<Verdict>
  /** Whether the data is already on this machine. */
  isLocal(source: SpecConfig, signal: AbortSignal): Promise<boolean>
  /**
   * Bytes it would take; undefined = cannot be known before fetching. Asked at bid time. Throws a Fault for parameters that are wrong,
   * what this node does not give, and a source that cannot be reached; its class says which.
   */
  sizeBytes(source: SpecConfig, share: InputShare, signal: AbortSignal): Promise<number | undefined>
  /** Fetches. On failure or abort nothing usable is left in the directory. Throws a Fault whose message names the source. */
  prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput>
  /** The same for who takes bytes as they are; undefined = the source is not a file that lies in the job. */
  inlineFile?(input: InputSource, limitBytes: number): InlineFile | undefined
}
