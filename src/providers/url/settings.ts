/** How inputs are fetched from the web. */
export type UrlSettings = {
  /** Most time without a byte, and until the headers come (InputSources.ReadTimeout). */
  readTimeoutMs: number
  /** More attempts after a failed one (InputSources.MaxRetryCount). */
  retries: number
  /** Most bytes of one input; 0 = what the disk of the task allows (Compute.Fetch.MaxBytes). */
  maxBytes: number
}

export const defaultUrlSettings: UrlSettings = { readTimeoutMs: 300_000, retries: 3, maxBytes: 0 }
