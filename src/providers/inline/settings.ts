/** Bounds of data that lies in the job itself; its text is bounded by the size of a job. */
export type InlineSettings = {
  /** Most bytes of one file of an archive. */
  fileLimitBytes: number
  /** Most bytes of an archive. */
  totalLimitBytes: number
  entryLimit: number
}

export const defaultInlineSettings: InlineSettings = {
  fileLimitBytes: 10 * 1024 * 1024,
  totalLimitBytes: 1024 * 1024 * 1024,
  entryLimit: 10_000,
}
