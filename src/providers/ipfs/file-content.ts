import type { CID } from 'multiformats/cid'
import type { Blocks } from './blocks.ts'
import { contentFault } from './faults.ts'
import { type Node, nodeOf, type Part } from './node.ts'

type File = Extract<Node, { kind: 'file' }>
type Coming = Part & { depth: number; block?: Promise<Uint8Array> }

/** Blocks of one file that are on their way at once. */
const blocksAhead = 8
/** A tree of files that fill a disk has four levels. */
const mostLevels = 32

/** The bytes of a file in order, exactly as many as its first block says; the blocks that come next are asked for meanwhile. */
export async function* fileContent(
  blocks: Blocks,
  cid: CID,
  file: File,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const coming: Coming[] = []
  const comeNext = (parts: readonly Part[], depth: number) => {
    for (const part of parts.toReversed()) coming.push({ ...part, depth })
  }
  try {
    if (file.data.length > 0) yield file.data
    comeNext(file.parts, 1)
    for (let next = coming.at(-1); next; next = coming.at(-1)) {
      for (const each of coming.slice(-blocksAhead).toReversed()) each.block ??= asked(blocks.get(each.cid, either))
      const node = nodeOf(next.cid, (await next.block) ?? new Uint8Array())
      if (node.kind !== 'file' || node.sizeBytes !== next.sizeBytes || next.depth > mostLevels) {
        throw contentFault(`${cid}`, `its part ${next.cid} is not what it says`)
      }
      if (node.data.length > 0) yield node.data
      coming.pop()
      comeNext(node.parts, next.depth + 1)
    }
  } finally {
    over.abort()
  }
}

/** What nobody waits for any more may fail unheard. */
function asked(block: Promise<Uint8Array>): Promise<Uint8Array> {
  block.catch(() => {})
  return block
}
