export type NoopSettings = {
  /** Also the engine and the storage, which have no use outside of tests and benchmarks. */
  isWhole: boolean
}
