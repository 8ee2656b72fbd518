import { Helia } from '@helia/utils'
import { MemoryBlockstore } from 'blockstore-core'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'

/** A node of IPFS that keeps everything in memory and dials nobody: for what it does not have, it looks on until the caller gives up. */
export async function heliaNode(blockstore = new MemoryBlockstore()) {
  const libp2p = await createLibp2p({ start: false })
  const nobody = { name: 'nobody', retrieve: lookedForInVain }
  return new Helia({ libp2p, blockstore, datastore: new MemoryDatastore(), blockBrokers: [() => nobody] })
}

/** Path of this file, which is as an operator writes one (Compute.IPFS.Helia). */
export const heliaModule = import.meta.filename

export default () => heliaNode()

function lookedForInVain(_cid: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}
