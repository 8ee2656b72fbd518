import type { Bus } from '#contracts/bus.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'

/** What nodes reach the orchestrator through, whatever they speak; `end` is the orchestrator itself. */
export type OrchestratorSide = { bus: Bus; end: OrchestratorEnd; clock: Clock; random: Random; log: EventLog }
