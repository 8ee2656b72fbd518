import type { Execution } from '#models/execution.ts'
import type { Forecast, JobReasons } from '#models/forecast.ts'
import { isCounted, type Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { forecastOf } from '../forecast.ts'
import { partOf } from '../forecast-summary.ts'
import { failedAttempts } from '../job-types/failed-attempts.ts'
import { isLive } from '../job-types/stop-executions.ts'
import { declinesOf } from '../placement/declines.ts'
import type { Plan } from '../plan.ts'
import { queueEnd } from '../queue-end.ts'
import type { Snapshot } from '../snapshot.ts'

/** Why a job is where it is: the cause first, then its attempts, then the nodes; and what happens next. */
export function reasonsOf(snapshot: Snapshot): JobReasons {
  const { job } = snapshot
  const { plan, forecast } = forecastOf(snapshot)
  const hasEnded = isTerminalJob(job.State.StateType)
  return {
    ...forecast,
    Exclusions: isOfInterest(snapshot, plan) ? forecast.Exclusions : [],
    Summary: causeOf(snapshot, forecast, plan),
    JobID: job.ID,
    Version: job.Version,
    State: job.State.StateType,
    Message: job.State.Message ?? '',
    Attempts: failedAttempts(snapshot),
    ...(hasEnded ? ended(job) : nextOf(snapshot, plan)),
  }
}

const causeOf = (snapshot: Snapshot, forecast: Forecast, plan: Plan): string => {
  const { job } = snapshot
  const own = ofVersion(job, snapshot.executions)
  const said = job.State.Message?.split('\n')[0] ?? ''
  switch (job.State.StateType) {
    case 'Completed':
      return 'it has completed'
    case 'Stopped':
      return said || 'it was stopped'
    case 'Failed':
      return own.length === 0 && forecast.Exclusions.length > 0 ? forecast.Summary : said || forecast.Summary
    default:
      return isUnderWay(plan, own)
        ? progressOf(snapshot, own) ||
            (plan.checkAt === undefined ? 'nothing of it runs' : 'its next attempt waits for its time')
        : [progressOf(snapshot, own), forecast.Summary].filter((text) => text).join('; ')
  }
}

/** What leaves nodes out of a job that needs none of them says nothing. */
const isOfInterest = ({ job, executions }: Snapshot, plan: Plan): boolean => {
  if (job.State.StateType === 'Completed' || job.State.StateType === 'Stopped') return false
  return !isCounted(job.Type) || isTerminalJob(job.State.StateType) || !isUnderWay(plan, ofVersion(job, executions))
}

const ofVersion = ({ Version }: Job, executions: readonly Execution[]): Execution[] =>
  executions.filter(({ JobVersion }) => JobVersion === Version)

/** All of it is somewhere, or waits for the time of its next attempt. */
const isUnderWay = (plan: Plan, own: readonly Execution[]): boolean =>
  own.length > 0 && plan.starts.length === 0 && !plan.unplaced && !plan.staying

/** How far it is: `it runs`; of several partitions `3 of 5 run, 1 of 5 has completed`; '' when there is nothing of it. */
const progressOf = ({ job, nodes }: Snapshot, own: readonly Execution[]): string => {
  const places = [...Map.groupBy(own, (e) => (isCounted(job.Type) ? e.PartitionIndex : e.NodeID)).values()]
  const stages = places.map((attempts) => stageOf(attempts, nodes))
  const count = (stage: Stage): number => stages.filter((each) => each === stage).length
  const [done, running, starting, away] = [count('done'), count('running'), count('starting'), count('away')]
  if (running + starting + done + away === 0) return ''
  if (!isCounted(job.Type) || job.Count === 1) {
    const told = [running > 0 ? 'it runs' : '', away > 0 ? awayText(job, away) : '']
    return told.filter((text) => text).join(', ') || 'its executions are on their way'
  }
  return [
    running > 0 ? partOf(job, running, 'runs', 'run') : '',
    away > 0 ? partOf(job, away, 'is on a node that is away', 'are on nodes that are away') : '',
    starting > 0 ? partOf(job, starting, 'is on its way', 'are on their way') : '',
    done > 0 ? partOf(job, done, 'has completed', 'have completed') : '',
  ]
    .filter((text) => text)
    .join(', ')
}

const awayText = ({ Type }: Job, nodes: number): string =>
  isCounted(Type) ? 'its node is away' : `${nodes} of its nodes ${nodes === 1 ? 'is' : 'are'} away`

/** `away`: whether it still runs is not known. */
type Stage = 'done' | 'running' | 'away' | 'starting' | 'nothing'
const stageOf = (attempts: readonly Execution[], nodes: Snapshot['nodes']): Stage => {
  if (attempts.some(({ ComputeState }) => ComputeState.StateType === 'Completed')) return 'done'
  const live = attempts.filter(isLive)
  if (live.length === 0) return 'nothing'
  if (live.every(({ NodeID }) => nodes.view(NodeID)?.isConnected !== true)) return 'away'
  return live.some(({ ComputeState }) => ComputeState.StateType === 'Running') ? 'running' : 'starting'
}

type Next = Pick<JobReasons, 'Next' | 'NextTime'>

const ended = ({ ID }: Job): Next => ({
  Next: `it has ended; to run it again: bacalhau job rerun ${ID}`,
  NextTime: 0n,
})

const nextOf = (snapshot: Snapshot, plan: Plan): Next => {
  const { job, executions } = snapshot
  const checkAt = plan.checkAt ?? 0n
  if (plan.starts.length > 0) return { Next: 'it is about to start', NextTime: checkAt }
  const isQueued = job.State.StateType === 'Pending' || job.State.StateType === 'Queued'
  const end = isQueued ? queueEnd(job, ofVersion(job, executions)) : undefined
  const until = (what: string): Next =>
    end === undefined
      ? { Next: what, NextTime: checkAt }
      : { Next: `${what}, until its QueueTimeout is over`, NextTime: end }
  if (plan.waitsFor === 'room') return until(`starts when ${endText(plan)}, or another node joins`)
  if (plan.waitsFor === 'nodes') return until(`starts when a node that fits joins or changes${orTakesText(snapshot)}`)
  const isLookedAt = plan.checkAt !== undefined
  return { Next: `goes on by itself${isLookedAt ? '; it is looked at again by then' : ''}`, NextTime: checkAt }
}

const orTakesText = (snapshot: Snapshot): string => {
  const isAnyAskedAgain = [...declinesOf(snapshot).values()].some(({ until }) => until !== undefined)
  return isAnyAskedAgain ? ', or when one that declined it takes it after all' : ''
}

const endText = ({ reservations = new Map() }: Plan): string => {
  const [first, ...more] = [...reservations.keys()].sort()
  if (first === undefined) return 'work ends on a node that is full'
  const where = more.length > 0 ? `one of ${more.length + 1} nodes` : `node ${first}`
  return `enough work ends on ${where}, where room is reserved for it`
}
