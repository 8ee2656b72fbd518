import type { Bus } from '#contracts/bus.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import type { NodeId } from '#models/ids.ts'

/** What this node speaks with an orchestrator through, whatever that speaks, and as whom. */
export type NodeSide = { bus: Bus; nodeId: NodeId; clock: Clock; random: Random; log: EventLog }
