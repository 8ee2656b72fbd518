import { allocatedOf, type Execution } from '#models/execution.ts'
import { canMoveExecution } from '#models/execution-state.ts'
import { isLongRunning, type Job, rescheduleOf } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { addResources, fitsInto, noResources, type Resources } from '#models/resources.ts'
import type { MachineFacts } from '../machine.ts'
import { brokenSuccess } from './completion.ts'
import { type DurableModel, isAuthorised, isLive } from './durable-model.ts'
import type { ExecutionStep, Rule } from './rule.ts'

/** What must hold of each stored change of an execution. */
export const executionRules: readonly Rule<ExecutionStep>[] = [
  {
    invariant: 'I3',
    broken: (step, { model }) => {
      const holders = model.slotOf(step.after).filter((each) => isAuthorised(each) && !mayOverlap(each, step, model))
      return holders.length > 1 && `${holders.map(({ ID }) => ID).join(' and ')} hold the same partition`
    },
  },
  {
    invariant: 'I3',
    broken: ({ before, after }, { model }) => {
      const others = model.slotOf(after).filter(({ ID }) => ID !== after.ID)
      return !before && others.some(({ Epoch }) => Epoch >= after.Epoch) && `${after.ID} has no higher epoch`
    },
  },
  {
    invariant: 'I4',
    broken: ({ before, after, job }, { model }) => {
      const failures = model
        .slotOf(after)
        .filter((e) => e.ComputeState.StateType === 'Failed' && e.FailureClass !== 'lost').length
      const { Attempts } = rescheduleOf(job)
      return !before && failures >= Attempts && `${after.ID} comes after ${failures} failures of at most ${Attempts}`
    },
  },
  {
    invariant: 'I4',
    broken: ({ before, after }, { model }) => {
      const earlier = model.slotOf(after).filter(({ ID }) => ID !== after.ID).length
      return !before && after.Attempt !== earlier + 1 && `${after.ID} is attempt ${after.Attempt} after ${earlier}`
    },
  },
  {
    invariant: 'I5',
    broken: ({ before, after }, { model, machines }) => {
      if (before) return false
      const promised = model.live().filter(({ NodeID }) => NodeID === after.NodeID)
      const sum = promised.map(needOf).reduce(addResources, noResources())
      const { capacity } = machines.get(after.NodeID) ?? { capacity: noResources() }
      return !fitsInto(sum, capacity) && `${after.NodeID} is promised ${sum.CPU} CPU of ${capacity.CPU}`
    },
  },
  {
    invariant: 'F2',
    broken: ({ before, after, job }, { model }) => {
      const percent = job.Reschedule?.MoreMemory ?? 0
      const last = model.slotOf(after).findLast(({ ID }) => ID !== after.ID)
      if (before || percent === 0 || last?.ComputeState.Details?.['Lacks'] !== 'memory' || isLongRunning(job.Type))
        return false
      const least = Math.ceil(needOf(last).Memory * (1 + percent / 100)) - 1
      const { Memory } = needOf(after)
      return Memory < least && `${after.ID} has ${Memory} bytes of memory after ${last.ID} had too little`
    },
  },
  {
    invariant: 'I5',
    broken: ({ before, after, job }, { model }) => {
      const most = job.MaxPerNode ?? 0
      const here = model.executionsOf(job.ID).filter((e) => e.NodeID === after.NodeID && isLive(e))
      const own = here.filter(({ JobVersion }) => JobVersion === after.JobVersion).length
      return !before && most > 0 && own > most && `${job.ID} has ${own} of at most ${most} on ${after.NodeID}`
    },
  },
  {
    invariant: 'I6',
    broken: ({ before, after, job }, { machines }) => {
      const machine = machines.get(after.NodeID)
      return !before && machine && !satisfies(machine, job) && `${after.ID} of ${job.ID} was placed on ${after.NodeID}`
    },
  },
  {
    invariant: 'I6',
    broken: ({ before, after }, { model }) =>
      !before && model.nodes.get(after.NodeID)?.Membership !== 'APPROVED' && `${after.NodeID} is not approved`,
  },
  {
    invariant: 'I6',
    broken: ({ before, after }, { model }) =>
      !before && model.nodes.get(after.NodeID)?.Cordon !== undefined && `${after.NodeID} is cordoned`,
  },
  {
    invariant: 'I7',
    broken: ({ before, after }) => {
      if (!before) return false
      const [from, to] = [before.ComputeState.StateType, after.ComputeState.StateType]
      return from !== to && !canMoveExecution(from, to) && `${after.ID} moved from ${from} to ${to}`
    },
  },
  {
    invariant: 'I7',
    broken: ({ before, after }) =>
      before && after.Revision <= before.Revision && `${after.ID} went back to revision ${after.Revision}`,
  },
  {
    invariant: 'I8',
    broken: ({ before, after }, { model }) => {
      const state = model.jobs.get(after.JobID)?.State.StateType ?? 'Undefined'
      return !before && isTerminalJob(state) && `${after.ID} was made although its job is ${state}`
    },
  },
  {
    invariant: 'I9',
    broken: ({ before, after, job }, seen) =>
      after.ComputeState.StateType === 'Completed' &&
      before?.ComputeState.StateType !== 'Completed' &&
      brokenSuccess(after, job, seen),
  },
  {
    invariant: 'I10',
    broken: ({ before, after }, { model }) => {
      const version = model.jobs.get(after.JobID)?.Version
      return !before && after.JobVersion !== version && `${after.ID} is of version ${after.JobVersion}, not ${version}`
    },
  },
]

/** A service goes on where it is while its replacement for a node that is drained comes up. */
const mayOverlap = (holder: Execution, { before, after, job }: ExecutionStep, { nodes }: DurableModel): boolean =>
  job.Type === 'service' &&
  holder.ID !== after.ID &&
  (before !== undefined || nodes.get(holder.NodeID)?.Cordon === 'DRAINING')

const needOf = (execution: Parameters<typeof allocatedOf>[0]): Resources => allocatedOf(execution) ?? noResources()

/** The job mix constrains by equality, and by the vendor of GPUs. */
export const satisfies = ({ labels, capacity }: MachineFacts, job: Job): boolean =>
  job.Constraints.every(({ Key, Values }) =>
    Key.startsWith('GPU-') ? capacity.GPUs?.some(({ Vendor }) => isVendorOf(Key, Vendor)) : labels[Key] === Values?.[0],
  )

/** Whether a label speaks of this vendor. */
export const isVendorOf = (label: string, vendor: string): boolean => `GPU-${vendor}`.startsWith(label)
