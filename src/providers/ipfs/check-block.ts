import { createHash } from 'node:crypto'
import type { CID } from 'multiformats/cid'
import { Fault } from '#lib/fault.ts'

/** Hash functions by their code in a CID; an id of any other cannot be checked, so it is not fetched. */
const hashes: Readonly<Record<number, string>> = { 0x12: 'sha256', 0x13: 'sha512' }
const identity = 0x00

/** Larger ones do not travel between nodes of IPFS. */
export const mostBlockBytes = 2 * 1024 * 1024

/** The content of an id that holds it itself. */
export const inlineContent = ({ multihash }: CID): Uint8Array | undefined =>
  multihash.code === identity ? multihash.digest : undefined

/** Throws a Fault for an id whose content we could not check. */
export function requireCheckable(cid: CID): void {
  if (cid.multihash.code === identity || Object.hasOwn(hashes, cid.multihash.code)) return
  throw new Fault('BadRequest', `${cid} is made with a hash function that is not known here`, {
    hint: 'Add the content again with the usual one, sha2-256',
    details: { FailureClass: 'user' },
  })
}

/** Whether bytes are what an id stands for. */
export function isContentOf(cid: CID, bytes: Uint8Array): boolean {
  const digest = createHash(hashes[cid.multihash.code] ?? 'sha256')
    .update(bytes)
    .digest()
  return digest.equals(cid.multihash.digest)
}
