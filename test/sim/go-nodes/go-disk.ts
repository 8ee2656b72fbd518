import type { ExecutionId } from '#models/ids.ts'

/** What a Go-like node tells of an execution, before it is put into the words of its version. */
export type GoReport =
  | { kind: 'failed'; executionId: ExecutionId; text: string; failsExecution: boolean }
  | { kind: 'accepted'; executionId: ExecutionId }
  | { kind: 'cancelled'; executionId: ExecutionId }
  | {
      kind: 'ended'
      executionId: ExecutionId
      exitCode: number
      errorText: string
      published: { Type: string; Params?: object }
    }

/** What is left of a Go-like node when its process dies. */
export class GoDisk {
  /** Version 1.4 registers once in the life of its folder. */
  isRegistered = false
  /** Whom it calls back: where its orders say that they are from. */
  requesterId = ''
  readonly executions = new Map<ExecutionId, 'bid' | 'queued' | 'running' | 'ended'>()
  /** Version 1.9 keeps what it reports, and up to where that was acknowledged. */
  readonly reports: { report: GoReport; atNs: bigint }[] = []
  acknowledged = 0
  lastOrder = 0
}
