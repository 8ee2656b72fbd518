import { CID } from 'multiformats/cid'
import type { Blocks } from './blocks.ts'
import { nodeOf } from './node.ts'
import { resolveNames } from './resolve-names.ts'
import type { IpfsSource } from './source.ts'

/** Bytes of a file; of a folder what it says that it takes in IPFS, a little more than its files. Fetches one block, and those on the way. */
export async function contentSize(blocks: Blocks, source: IpfsSource, signal: AbortSignal): Promise<number> {
  const cid = await resolveNames(blocks, CID.decode(source.cidBytes), source, signal)
  const node = nodeOf(cid, await blocks.get(cid, signal))
  if (node.kind === 'folder') return node.storedBytes
  return node.kind === 'file' ? node.sizeBytes : 0
}
