import type { Change, Store } from '#contracts/store.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Handshake } from '#models/messages/messages.ts'

/** The link both count under, and what was lost because it is a new one. */
export type Agreed = { linkId: string; lost: readonly ExecutionId[] }

const storeFact = (nodeId: NodeId): string => `node-store:${nodeId}`
const linkFact = (nodeId: NodeId): string => `node-link:${nodeId}`

export type LinkParts = {
  store: Store
  newLinkId: () => string
  /** What was under way with the node is void; `change` is committed with that. Resolves with the executions that are lost. */
  beginAnew: (nodeId: NodeId, change: Change) => Promise<readonly ExecutionId[]>
}

/** The link both sides remember; a new one when either has lost its memory. */
export async function agreedLink(
  { store, newLinkId, beginAnew }: LinkParts,
  { NodeInfo: { NodeID }, StoreID, LinkID }: Handshake,
): Promise<Agreed> {
  const knownStore = await store.fact(storeFact(NodeID))
  const known = await store.fact(linkFact(NodeID))
  const isSameStore = knownStore === (StoreID ?? knownStore)
  if (isSameStore && known !== undefined && known === (LinkID ?? known)) return { linkId: known, lost: [] }
  const linkId = newLinkId()
  const putFacts = { [storeFact(NodeID)]: StoreID ?? knownStore ?? '', [linkFact(NodeID)]: linkId }
  return { linkId, lost: await beginAnew(NodeID, { putFacts }) }
}

/** Whether the node that greets has another store than the one known by its name. Go nodes, which name no link, tell no stores apart. */
export const isOtherStore = async (
  store: Store,
  { NodeInfo: { NodeID }, StoreID, LinkID }: Handshake,
): Promise<boolean> => LinkID !== undefined && StoreID !== (await store.fact(storeFact(NodeID)))

/** What a node comes back to has begun anew: it would take the first frames under the old link for some that it knows. */
export const linkBegunAnew = (nodeId: NodeId, linkId: string): Change => ({ putFacts: { [linkFact(nodeId)]: linkId } })
