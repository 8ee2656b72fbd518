/** 1 = stdout, 2 = stderr, as on the wire. */
export type LogStream = 1 | 2

export type LogTimes = { firstMs: number; lastMs: number }

/** Where a running program's output goes. Everything written before `exit` settles is kept. */
export interface LogSink {
  /**
   * Takes the bytes (the caller may reuse its buffer after the call). A promise means "full": write no more until it resolves.
   * Never throws: output that cannot be kept is counted and reported by the keeper.
   */
  write(stream: LogStream, bytes: Uint8Array): Promise<void> | undefined
  /**
   * Bytes of a stream that were kept before a restart of ours; an attached program's output goes on after them.
   * A sink without it begins empty and is given everything again.
   */
  keptBytes?(stream: LogStream): number
  /**
   * All that was written until now outlives our process when it resolves: an engine asks for it before its own copy goes. Never rejects.
   * A sink without it keeps nothing for a next life of ours.
   */
  keep?(): Promise<void>
  /** When the first and the last of them were written, as far as they are there still; Unix ms. */
  keptTimes?(): LogTimes | undefined
}
