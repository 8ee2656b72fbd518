import type { NodeId } from '#models/ids.ts'

/**
 * Where this node is to call back: it takes whom an order comes from for one part of the subject. Each has its own, so that NATS servers
 * can see to it that none speaks for another.
 */
export const ownAddress = (orchestratorId: string, nodeId: NodeId): string => `${orchestratorId}.${nodeId}`

/** Whose own address a callback came on, and its method; `nodeId` undefined = on the one that all have. */
export function addressee(subject: string, orchestratorId: string): { nodeId: string | undefined; method: string } {
  const [first = '', second] = subject.slice(`node.orchestrator.${orchestratorId}.`.length).split('.')
  return second === undefined ? { nodeId: undefined, method: first } : { nodeId: first, method: second }
}
