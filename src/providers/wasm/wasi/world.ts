/** Time and chance as a guest meets them. The real one is `realWorld`, the repeatable one `fixedWorld`. */
export interface World {
  /** Unix nanoseconds. */
  realtimeNs(): bigint
  /** Nanoseconds since some start, never falling. */
  monotonicNs(): bigint
  /** Processor time of this run, nanoseconds. */
  cpuNs(): bigint
  /** Blocks the guest. */
  sleep(durationNs: bigint): void
  fillRandom(bytes: Uint8Array): void
  /** Whether what differs between machines (file times, inode numbers) is hidden from the guest. */
  readonly isRepeatable: boolean
}
