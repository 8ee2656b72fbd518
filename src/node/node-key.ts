import type { Disk } from '#contracts/disk.ts'
import { Fault } from '#lib/fault.ts'
import { newKeySeed, publicKeyOf } from '#nats/node-key.ts'

export type NodeKey = { seed: string; publicKey: string }

/** By which orchestrators know this node again: made at its first start and kept. */
export const nodeKey = async (disk: Disk, file: string): Promise<NodeKey> => {
  const kept = await disk.readFile(file)
  const seed = kept ? Buffer.from(kept).toString('utf8').trim() : newKeySeed()
  if (!kept) await disk.replaceFile(file, `${seed}\n`, 0o600)
  try {
    return { seed, publicKey: publicKeyOf(seed) }
  } catch (error) {
    throw new Fault('ServiceUnavailable', `cannot read the node's key from ${file}`, {
      cause: error,
      hint: 'Restore the file. With a new one (remove it) the node joins again once its record was deleted.',
    })
  }
}
