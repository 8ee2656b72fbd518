import type { Wire } from '#api/decode/wire-json.ts'
import type { BusMessage, Subscription } from '#contracts/bus.ts'
import { faultOf, messageOf } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import { ownNameOf, textOf } from '../go/checked.ts'
import { GoLogStreams } from '../go/log-streams.ts'
import { decodeFrame } from '../ncl/frame.ts'
import type { OrchestratorSide } from '../orchestrator-side.ts'
import { answerOf, bodyOf, errorOf } from './envelope.ts'
import { type Beat, GoNodes, type GoNodesParts } from './go-nodes.ts'
import { addressee } from './own-address.ts'

export type GoNodesSide = OrchestratorSide & Pick<GoNodesParts, 'orchestratorId' | 'knownInfo' | 'liveOn'>

/**
 * Lets nodes of the protocol `bprotocol/v2` (version 1.4) reach the orchestrator. Callbacks are listened to before
 * anything else: what nodes kept while we were away comes with the first moment.
 */
export const serveGoNodes = (parts: GoNodesSide): Subscription => {
  const { bus, log } = parts
  const streams = new GoLogStreams(bus, parts.clock, parts.random)
  const nodes = new GoNodes({ ...parts, streams })
  const quietly = ({ subject, sender }: BusMessage, handle: () => Promise<void> | void): void => {
    Promise.resolve()
      .then(handle)
      .catch((error: unknown) => log('node_message_refused', { nodeId: sender, subject, error: messageOf(error) }))
  }
  const subscriptions = [
    bus.subscribe(`node.orchestrator.${parts.orchestratorId}.>`, (message) =>
      quietly(message, () => {
        const body = bodyOf(message.payload)
        const { nodeId, method } = addressee(message.subject, parts.orchestratorId)
        requireOwn(textOf(body.SourcePeerID, 'SourcePeerID'), message.sender ?? nodeId ?? '')
        if (nodeId !== undefined) requireOwn(nodeId, message.sender)
        return nodes.callback(method, body)
      }),
    ),
    streams.serve(),
    bus.subscribe('heartbeat', (message) =>
      quietly(message, () => nodes.beat(beatOf(bodyOf(message.payload), message.sender))),
    ),
    bus.subscribe('bacalhau.global.compute.*.out.heartbeat', (message) =>
      quietly(message, () => nodes.beat(beatOf(decodeFrame(message.payload).payload, tokenOf(message.subject, 3)))),
    ),
    bus.subscribe('node.management.>', (message) => answerManagement(parts, nodes, message)),
  ]
  return {
    stop: () => {
      for (const subscription of subscriptions) subscription.stop()
      nodes.stop()
    },
  }
}

const beatOf = ({ NodeID, Sequence }: Wire, sender: string | undefined): Beat => ({
  nodeId: requireOwn(textOf(NodeID, 'NodeID'), sender),
  sequence: sender === undefined ? undefined : Number(Sequence ?? 0),
})

const tokenOf = (subject: string, index: number): string => subject.split('.')[index] ?? ''

/** A broker elsewhere does not tell who the sender is: there it lets nobody speak on a subject of another. */
const requireOwn = (claimed: string, sender: string | undefined): NodeId =>
  sender === undefined ? (claimed as NodeId) : ownNameOf(claimed, sender as NodeId)

const answerManagement = ({ bus, log }: GoNodesSide, nodes: GoNodes, { subject, payload, reply }: BusMessage): void => {
  if (reply === undefined) return
  const nodeId = tokenOf(subject, 2) as NodeId
  const answer = async (): Promise<object> => nodes.manage(nodeId, tokenOf(subject, 3), bodyOf(payload))
  answer().then(
    (value) => bus.publish(reply, answerOf(value)),
    (error: unknown) => {
      if (!faultOf(error).isRetryable) log('node_message_refused', { nodeId, subject, error: messageOf(error) })
      bus.publish(reply, errorOf(messageOf(error)))
    },
  )
}
