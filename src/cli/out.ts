/** One of the two streams of a command. The real ones are made in host.ts; tests hold text. */
export interface Out {
  /** Colours, spinners and wrapping only make sense on one. */
  readonly isTerminal: boolean
  /** A terminal on which what is written can be written over. */
  readonly canRedraw: boolean
  /** Width of the terminal as it is now; undefined when it is none. */
  readonly columns: number | undefined
  write(text: string | Uint8Array): void
}
