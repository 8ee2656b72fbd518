import type { CID } from 'multiformats/cid'
import { Fault } from '#lib/fault.ts'
import type { Blocks } from './blocks.ts'
import { contentFault } from './faults.ts'
import { nodeOf } from './node.ts'
import type { IpfsSource } from './source.ts'

/** Blocks of one folder that a name is looked for in. */
const mostShards = 100_000

/** The way from a root by names to what an address means, through folders whose every block is checked. */
export async function resolveNames(
  blocks: Blocks,
  root: CID,
  { text, names }: Pick<IpfsSource, 'text' | 'names'>,
  signal: AbortSignal,
): Promise<CID> {
  let cid = root
  for (const name of names) cid = await entryNamed(blocks, cid, name, `ipfs://${text}`, signal)
  return cid
}

async function entryNamed(blocks: Blocks, folder: CID, name: string, what: string, signal: AbortSignal): Promise<CID> {
  const waiting = [folder]
  let seen = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (++seen > mostShards) throw contentFault(what, 'a folder on the way is too large to be searched')
    const node = nodeOf(next, await blocks.get(next, signal))
    if (node.kind !== 'folder') break
    const found = node.entries.find((entry) => entry.name === name)
    if (found) return found.cid
    waiting.push(...node.shards)
  }
  throw new Fault('NotFound', `${what}: nothing in it is named ${JSON.stringify(name)}`, {
    hint: 'Check the path after the CID',
    details: { FailureClass: 'user' },
  })
}
