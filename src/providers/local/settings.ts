/** What an operator may say about local inputs and about results kept on this node. */
export type LocalSettings = {
  /** `pattern[:ro|:rw]`, default `ro`; empty = no local inputs (Compute.AllowListedLocalPaths). */
  allowedPaths: readonly string[]
  publisher: LocalPublisherSettings
}

export type LocalPublisherSettings = {
  /**
   * How others reach the results: a name or an address, or one of `public`, `private`, `loopback` (`localhost`, `local`),
   * `linklocal`, `multicast`, `any` (Publishers.Types.Local.Address).
   */
  address: string
  /** 0 = any free one. */
  port: number
  /** Where results are kept; made when it is missing. */
  directory: string
  /** Results older or together larger than this are removed, the oldest first; 0 = keep. */
  retention: { ageMs: number; sizeBytes: number }
}
