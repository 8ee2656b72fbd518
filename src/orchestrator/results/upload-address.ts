import type { ResultSigner } from '#contracts/result-signer.ts'
import type { Store } from '#contracts/store.ts'
import { Fault } from '#lib/fault.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import { wantedExecution } from './wanted.ts'

/** Signs for a node where the result of one of its executions goes, and for nothing else. */
export async function uploadAddress(
  store: Store,
  signer: ResultSigner | undefined,
  nodeId: NodeId,
  executionId: ExecutionId,
): Promise<string> {
  if (!signer?.uploadAddress) throw noManagedStore()
  return signer.uploadAddress(await wantedExecution(store, nodeId, executionId, 's3managed'))
}

/** The sentence that nodes of release 1.9 know. */
const noManagedStore = (): Fault =>
  new Fault('BadRequest', 'Managed S3 publisher is not available', {
    hint: 'The operator of the orchestrator sets Publishers.Types.S3Managed; other publishers need no store of theirs.',
    details: { FailureClass: 'user' },
  })
