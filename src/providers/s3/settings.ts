/** How this node talks to S3 and to stores that speak its protocol. */
export type S3Settings = {
  /** Endpoints besides Amazon's own that are asked with this process's credentials (Compute.S3.TrustedEndpoints). */
  trustedEndpoints: readonly string[] | 'all'
  /** Take S3 inputs also without credentials, for buckets that everybody may read (Compute.S3.Anonymous). */
  isAnonymousTaken: boolean
  /** More attempts after a failed one (InputSources.MaxRetryCount). */
  retries: number
}

export const defaultS3Settings: S3Settings = { trustedEndpoints: [], isAnonymousTaken: false, retries: 3 }
