/** Results that travel over the node's own connection. */
export type LinkSettings = {
  /** Where they wait until the orchestrator has them. */
  directory: string
}
