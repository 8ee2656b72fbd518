import type { Exclusion, Forecast } from '#models/forecast.ts'
import { isCounted } from '#models/job.ts'
import { jobTypeRules } from './job-types/index.ts'
import { exclusionsOf } from './placement/exclusions.ts'
import { isComputeNode } from './placement/filter.ts'
import { needOf } from './placement/need.ts'
import { matchNodes } from './placement/place.ts'
import type { Plan } from './plan.ts'
import type { Snapshot } from './snapshot.ts'

/** What a look at a job would decide, from the same rules that decide it, told instead of stored. */
export const forecastOf = (snapshot: Snapshot): { plan: Plan; forecast: Forecast } => {
  const plan = jobTypeRules[snapshot.job.Type](snapshot)
  const need = needOf(snapshot.job, snapshot.defaultResources)
  const Nodes = snapshot.nodes.filter(isComputeNode).length
  const Exclusions = exclusionsOf(snapshot, need, matchNodes(snapshot, need))
  const byNode = Map.groupBy(plan.starts, (execution) => execution.NodeID)
  const Placements = [...byNode]
    .map(([NodeID, executions]) => ({ NodeID, Executions: executions.length }))
    .sort((a, b) => (a.NodeID < b.NodeID ? -1 : 1))
  const Summary =
    plan.starts.length > 0 ? startsText(snapshot, plan, byNode.size) : shortageText(Exclusions, Nodes, plan)
  return { plan, forecast: { Summary, Nodes, Placements, Exclusions } }
}

const startsText = ({ job }: Snapshot, plan: Plan, nodes: number): string => {
  const starts = `starts ${counted(plan.starts.length, 'execution')} on ${counted(nodes, 'node')}`
  if (plan.waitsFor === 'room' || (plan.waitsFor && isCounted(job.Type))) return `${starts}; the rest waits for room`
  return job.Type === 'daemon' ? `${starts}, and on each that joins and fits` : starts
}

const shortageText = (exclusions: readonly Exclusion[], nodes: number, plan: Plan): string => {
  const [first] = exclusions
  if (nodes === 0) return 'there is no compute node; start one: bacalhau serve --compute'
  if (!first) return plan.waitsFor ? 'waits for room on a node' : 'starts nothing'
  return `no node takes it: ${exclusionText(first, nodes)}`
}

/** `full for now (2 of 3 nodes)`. */
const exclusionText = ({ Count, Reason }: Exclusion, nodes: number): string => `${Reason} (${Count} of ${nodes} nodes)`

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
