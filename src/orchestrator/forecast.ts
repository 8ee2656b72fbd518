import type { Execution } from '#models/execution.ts'
import type { Forecast } from '#models/forecast.ts'
import { isTerminalJob } from '#models/job-state.ts'
import type { Resources } from '#models/resources.ts'
import { summaryOf } from './forecast-summary.ts'
import { jobTypeRules } from './job-types/index.ts'
import { exclusionsOf } from './placement/exclusions.ts'
import { isComputeNode } from './placement/filter.ts'
import { withEnded, withStarted } from './placement/foreseen.ts'
import { needOf } from './placement/need.ts'
import { Placement } from './placement/place.ts'
import type { Plan } from './plan.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * What the next look at a job would decide, from the same rules that decide it, told instead of stored; and what it would
 * come to when what that stops has made room.
 */
export const forecastOf = (snapshot: Snapshot): { plan: Plan; forecast: Forecast } => {
  const rules = jobTypeRules[snapshot.job.Type]
  const plan = rules(snapshot)
  const stopped = plan.changes.filter(({ isCancelSent }) => isCancelSent).map(({ before }) => before)
  const freed = stopped.length > 0 ? withEnded(snapshot, stopped) : snapshot
  const placed = withStarted(freed, plan.starts)
  const isOver = isTerminalJob(plan.jobState?.StateType ?? snapshot.job.State.StateType)
  const last = stopped.length > 0 && !isOver ? rules(placed) : plan
  const starts = last === plan ? plan.starts : [...plan.starts, ...last.starts]
  // Where something waits, the nodes that took the rest of it are full; else they are what takes it.
  const seen = last.unplaced || last.staying ? withStarted(placed, last === plan ? [] : last.starts) : freed
  const Nodes = snapshot.nodes.views().filter(isComputeNode).length
  const need = last.unplacedNeed ?? needOf(snapshot.job, snapshot.defaultResources)
  const Exclusions = exclusionsOf(seen, need)
  const Placements = placementsOf(starts)
  const Summary = summaryOf({
    job: snapshot.job,
    stops: stopped.length,
    starts: starts.length,
    placements: Placements.length,
    last,
    exclusions: Exclusions,
    nodes: Nodes,
  })
  const Avoided = starts.length > 0 ? avoidedBy(freed, need, Placements) : []
  return { plan, forecast: { Summary, Nodes, Placements, Exclusions, ...(Avoided.length > 0 ? { Avoided } : {}) } }
}

/** Nodes that could take it and would come last, because many jobs have failed there. */
const avoidedBy = (
  snapshot: Snapshot,
  need: Resources,
  placements: Forecast['Placements'],
): NonNullable<Forecast['Avoided']> => {
  const placement = new Placement(snapshot, need)
  const isTaken = new Set(placements.map(({ NodeID }) => NodeID))
  return [...snapshot.nodes.troubledAt(snapshot.nowNs)]
    .filter(([id]) => !isTaken.has(id) && [snapshot.nodes.view(id)].some((node) => node && placement.canTake(node)))
    .map(([NodeID, Failures]) => ({ NodeID, Failures }))
    .sort((a, b) => (a.NodeID < b.NodeID ? -1 : 1))
}

const placementsOf = (starts: readonly Execution[]): Forecast['Placements'] =>
  [...Map.groupBy(starts, (execution) => execution.NodeID)]
    .map(([NodeID, executions]) => ({ NodeID, Executions: executions.length }))
    .sort((a, b) => (a.NodeID < b.NodeID ? -1 : 1))
