/** One of the two streams of a command. The real ones are made in host.ts; tests hold text. */
export interface Out {
  /** Colours, spinners and wrapping only make sense on one. */
  readonly isTerminal: boolean
  /** Width of the terminal; undefined when it is none. */
  readonly columns: number | undefined
  write(text: string | Uint8Array): void
}
