import type { Exclusion } from '#models/forecast.ts'
import { isCounted, type Job, partitionCount } from '#models/job.ts'
import type { Plan } from './plan.ts'

export type Outlook = {
  job: Job
  /** Executions that would be stopped, those that would be started, and on how many nodes. */
  stops: number
  starts: number
  placements: number
  /** What would be decided in the end. */
  last: Plan
  exclusions: readonly Exclusion[]
  nodes: number
}

/** One line: what would happen, then what would not and the first cause why not. */
export const summaryOf = (outlook: Outlook): string => {
  const { nodes, starts } = outlook
  if (nodes === 0 && starts === 0) return 'there is no compute node; start one: bacalhau serve --compute'
  return [movesText(outlook), restText(outlook)].filter((part) => part !== '').join('; ') || 'starts nothing'
}

/** `stops 2 executions, then starts 3 executions on 1 node`. */
const movesText = ({ job, stops, starts, placements }: Outlook): string => {
  const onEach = job.Type === 'daemon' ? ', and on each that joins and fits' : ''
  return [
    stops > 0 ? `stops ${counted(stops, 'execution')}` : '',
    starts > 0 ? `starts ${counted(starts, 'execution')} on ${counted(placements, 'node')}${onEach}` : '',
  ]
    .filter((part) => part !== '')
    .join(', then ')
}

const restText = (outlook: Outlook): string => {
  const { job, last, starts, exclusions } = outlook
  const { unplaced = 0, staying = 0, jobState } = last
  const why = exclusions[0] ? `: ${exclusionText(exclusions[0], outlook.nodes)}` : ''
  const isNowhere =
    (jobState ?? job.State).StateType === 'Failed' || (isCounted(job.Type) && unplaced === partitionCount(job))
  if (starts === 0 && isNowhere) return why ? `no node takes it${why}` : 'waits for room on a node'
  if (unplaced > 0) return `${waitingText(job, unplaced)}${why}`
  return staying > 0 ? `${staying} of ${partitionCount(job)} cannot leave the node that is drained${why}` : ''
}

/** `2 of 5 wait`, `waits for 2 nodes`. */
const waitingText = (job: Job, unplaced: number): string =>
  isCounted(job.Type) ? partOf(job, unplaced, 'waits', 'wait') : `waits for ${counted(unplaced, 'node')}`

/** How many of a job's executions do something: `1 of 5 waits`, `2 of 5 wait`. */
export const partOf = (job: Job, count: number, does: string, several: string): string =>
  `${count} of ${partitionCount(job)} ${count === 1 ? does : several}`

/** `full for now (2 of 3 nodes)`. */
const exclusionText = ({ Count, Reason }: Exclusion, nodes: number): string => `${Reason} (${Count} of ${nodes} nodes)`

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
