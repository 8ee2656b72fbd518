import type { SpecConfig } from '#models/spec-config.ts'
import type { IsWanted } from './archive.ts'

export type DownloadProgress = (receivedBytes: number, totalBytes: number | undefined) => void

/** Fetches a published result to the user's machine. Used by the CLI. */
export interface Downloader {
  /** Types of result it can fetch (`urlDownload`, `s3PreSigned` …), compared without case. */
  readonly types: readonly string[]
  /**
   * Writes the unpacked result into `directory` (exists, empty). Entries never leave it, and it is empty again on failure. An
   * archive that did not come whole stays beside it, as BringArchive says, for a later call.
   * What is not wanted may be left out; absent = all is wanted.
   */
  download(
    result: SpecConfig,
    directory: string,
    progress: DownloadProgress,
    signal: AbortSignal,
    isWanted?: IsWanted,
  ): Promise<void>
}
