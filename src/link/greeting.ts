import type { Bus, Subscription } from '#contracts/bus.ts'
import type { Clock } from '#lib/clock.ts'
import { Rounds } from '#lib/rounds.ts'
import type { NodeId } from '#models/ids.ts'
import { isOurs, type NodeState } from '#models/node.ts'

const subjectOf = (nodeId: NodeId): string => `bacalhau.global.compute.${nodeId}.in.ctrl`

/** So many nodes are told at a time: each shakes hands then, which is a millisecond of work. */
const atOnce = 50
const pauseMs = 50

/**
 * Tells nodes of ours that the orchestrator is there, which over servers of others they would find out at their next
 * try only: at its start those that are not connected, and each time it comes back to the bus all, since what it missed
 * there it does not know. A thousand hear it in the first second, so that ten thousand do not come at once.
 */
export function greetNodes(bus: Bus, clock: Clock, nodes: () => Promise<readonly NodeState[]>): Subscription {
  let rounds: Rounds | undefined
  const watch = bus.onConnection((isConnected) => {
    const isStart = rounds === undefined
    void rounds?.stop()
    if (isConnected) rounds = greetingRounds(bus, clock, nodes, isStart ? isMissed : isWelcome)
  })
  return {
    stop: () => {
      watch.stop()
      void rounds?.stop()
    },
  }
}

function greetingRounds(
  bus: Bus,
  clock: Clock,
  nodes: () => Promise<readonly NodeState[]>,
  isMeant: (node: NodeState) => boolean,
): Rounds {
  let left: readonly NodeState[] | undefined
  const rounds = new Rounds(clock, async () => {
    left ??= (await nodes()).filter(isMeant)
    for (const node of left.slice(0, atOnce)) greet(bus, node)
    left = left.slice(atOnce)
    if (left.length === 0) void rounds.stop()
    return pauseMs
  })
  rounds.start()
  return rounds
}

/** Tells nodes that are approved after they were rejected: they would find it out at their next beat or try only. */
export const greetApproved = (
  bus: Bus,
  nodes: { onApproved(handler: (node: NodeState) => void): Subscription },
): Subscription => nodes.onApproved((node) => isMissed(node) && greet(bus, node))

const greet = (bus: Bus, { Info }: NodeState): void => bus.publish(subjectOf(Info.NodeID), new Uint8Array())

const isWelcome = ({ Info, Membership }: NodeState): boolean => isOurs(Info) && Membership !== 'REJECTED'

const isMissed = (node: NodeState): boolean => isWelcome(node) && node.ConnectionState.Status === 'DISCONNECTED'

/** Calls back when the orchestrator tells this node that it is there. */
export const heedGreetings = (bus: Bus, nodeId: NodeId, onGreeting: () => void): Subscription =>
  bus.subscribe(subjectOf(nodeId), onGreeting)
