import type { Execution } from '#models/execution.ts'
import type { SpecConfig } from '#models/spec-config.ts'

/** Signs for those who have no rights in a store. */
export interface ResultSigner {
  /**
   * What an execution has published, with a signed address where its own publisher may have put it; as it is otherwise.
   * `publisher` is the one of the job, so that nothing is signed that a node merely reports. Never throws.
   */
  signed(published: SpecConfig, publisher: SpecConfig, execution: Execution): Promise<SpecConfig>
  /** Where the result of an execution may be PUT, in the store that the operator keeps for all; absent = there is none. */
  uploadAddress?(execution: Execution): Promise<string>
}
