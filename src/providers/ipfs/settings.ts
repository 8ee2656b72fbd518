/** Which node of IPFS is used, and how. */
export type IpfsSettings = {
  /** Multiaddr of the RPC interface of a Kubo node (InputSources.Types.IPFS.Endpoint …); empty = there is none. */
  endpoint: string
  /** The setting that names it, for texts. */
  setting: string
  /** How long the node may look for a block (InputSources.ReadTimeout). */
  readTimeoutMs: number
  /** More attempts after a failed one (InputSources.MaxRetryCount). */
  retries: number
}
