import type { CID } from 'multiformats/cid'
import type { Verdict } from '#contracts/verdict.ts'

/**
 * What IPFS is made of: pieces of at most a few MiB, each named by the hash of its bytes, that name others. Everything about files
 * is above this.
 */
export interface Blocks {
  /** Whether it can be used now. */
  isInstalled(signal: AbortSignal): Promise<Verdict>
  /** The bytes that hash to the name: who gives others is refused. Throws a Fault, also when nobody has it in time. */
  get(cid: CID, signal: AbortSignal): Promise<Uint8Array>
  /** Whether it is there without asking anybody else. */
  has(cid: CID, signal: AbortSignal): Promise<boolean>
  put(cid: CID, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** Keeps a block and all that it names until somebody takes that back. */
  pin(cid: CID, signal: AbortSignal): Promise<void>
}
