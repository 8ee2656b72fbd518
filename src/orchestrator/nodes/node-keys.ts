import type { Change, Store } from '#contracts/store.ts'
import type { NodeId } from '#models/ids.ts'

const keyFact = (nodeId: NodeId): string => `node-key:${nodeId}`

/** The key a node joined by: the node's name belongs to it until the node is removed. */
export const keyOf = async (store: Store, nodeId: NodeId): Promise<string | undefined> =>
  (await store.fact(keyFact(nodeId))) || undefined

export const keptKey = (nodeId: NodeId, key: string): Change => ({ putFacts: { [keyFact(nodeId)]: key } })

/** Whoever comes next may have the name. */
export const forgottenKey = (nodeId: NodeId): Change => ({ putFacts: { [keyFact(nodeId)]: '' } })
