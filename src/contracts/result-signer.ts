import type { Execution } from '#models/execution.ts'
import type { SpecConfig } from '#models/spec-config.ts'

/** Makes results that lie in a store fetchable for who has no rights there. */
export interface ResultSigner {
  /**
   * What an execution has published, with a signed address where its own publisher may have put it; as it is otherwise.
   * `publisher` is the one of the job, so that nothing is signed that a node merely reports. Never throws.
   */
  signed(published: SpecConfig, publisher: SpecConfig, execution: Execution): Promise<SpecConfig>
}
