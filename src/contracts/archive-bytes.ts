/** What is wanted of an archive of which a part is here: what follows `offset`, if it is still in the state `tag`. */
export type ArchiveRest = { offset: number; tag: string }

/** An archive on its way. */
export type ArchiveBytes = {
  /** Where the bytes begin: as it was asked for, or 0. */
  offset: number
  /** Tells one state of the archive from another; undefined = nobody knows, so that no rest can be asked for. */
  tag: string | undefined
  /** Of the whole archive; undefined when it is not said. */
  totalBytes: number | undefined
  /** To be read once. Ends early by throwing a Fault. */
  chunks: AsyncIterable<Uint8Array>
}
