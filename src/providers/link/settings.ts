/** Results and inputs that travel over the node's own connection. */
export type LinkSettings = {
  /** Where results wait until the orchestrator has them. */
  directory: string
  /** Where uploads lie until all of them is here. */
  comingDirectory: string
}
