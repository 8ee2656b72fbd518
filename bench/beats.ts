import { setTimeout as sleep } from 'node:timers/promises'
import type { BareNode } from './bare-node.ts'

export type Beating = { readonly nodes: readonly BareNode[]; readonly beatMs: number }

const isFlapping = (place: number): boolean => place % 10 === 9

/** One interval: each steady node is heard once, each flapping one leaves or comes back. Returns how many were wrongly given up. */
export async function beatOnce({ nodes, beatMs }: Beating): Promise<number> {
  let lost = 0
  const act = async (node: BareNode, place: number): Promise<void> => {
    await sleep((beatMs * place) / nodes.length)
    if (!isFlapping(place)) lost += await beat(node)
    else if (away.has(node)) {
      away.delete(node)
      await node.join()
    } else {
      away.add(node)
      await node.leave()
    }
  }
  await Promise.all([sleep(beatMs), ...nodes.map(act)])
  return lost
}

/** 1 = it was given up; it shakes hands again then, as nodes do. The first may be given up while the last still join, before the rounds that count. */
async function beat(node: BareNode): Promise<number> {
  if (await node.beat()) return 0
  await node.join()
  return 1
}

const away = new WeakSet<BareNode>()
