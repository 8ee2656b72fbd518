import { parseResources } from '#lib/resources.ts'
import { allocatedOf, type Execution } from '#models/execution.ts'
import type { NodeId } from '#models/ids.ts'
import { isCounted, type Job, mainTask, partitionCount } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { addResources, fitsInto, type Gpu, noResources, type Resources, resourcesOr } from '#models/resources.ts'
import type { MachineFacts } from '../machine.ts'
import type { Start } from '../witness.ts'
import { isAuthorised, isLive } from './durable-model.ts'
import { isVendorOf, satisfies } from './execution-rules.ts'
import type { Seen } from './rule.ts'

/**
 * What keeps the healed cluster from rest, with the number of what must be reached in the end; undefined = it has come to
 * rest: every job has ended or runs, what is said to run does run, and nothing runs that nobody wants.
 */
export const unrest = (seen: Seen): { invariant: string; text: string } | undefined => {
  const { model, witness } = seen
  const orphan = witness.running().find((start) => !isWanted(start, seen))
  if (orphan) return { invariant: 'L3', text: `${orphan.executionId} still runs on ${orphan.nodeId}` }
  const between = model.live().find((execution) => !isTrulyRunning(execution, seen))
  if (between) return { invariant: 'L2', text: `${between.ID} stays ${between.ComputeState.StateType}` }
  const beside = model.live().find((execution) => model.slotOf(execution).filter(isLive).at(-1) !== execution)
  if (beside) return { invariant: 'L2', text: `${beside.ID} stays beside what replaces it` }
  for (const job of model.jobs.values()) {
    const why = unsettled(job, seen)
    if (why) return { invariant: 'L1', text: `job ${job.ID} stays ${job.State.StateType}: ${why}` }
  }
  return undefined
}

const isWanted = ({ executionId, nodeId }: Start, { model }: Seen): boolean => {
  const execution = model.executions.get(executionId)
  return execution !== undefined && execution.NodeID === nodeId && isLive(execution)
}

const isTrulyRunning = (execution: Execution, { witness }: Seen): boolean =>
  execution.ComputeState.StateType === 'Running' &&
  execution.DesiredState.StateType === 'Running' &&
  witness.running(execution.NodeID).some(({ executionId }) => executionId === execution.ID)

/** A job that has not ended must have what it can have: whatever it still waits for has no room now. */
const unsettled = (job: Job, seen: Seen): string | undefined => {
  if (isTerminalJob(job.State.StateType)) return undefined
  const live = seen.model.executionsOf(job.ID).filter(isLive)
  const expected = live.length > 0 ? 'Running' : 'Queued'
  if (isCounted(job.Type) && job.State.StateType !== expected) return `it has ${live.length} live executions`
  const node = roomFor(job, seen)
  return node && `${node} has room for it`
}

/** A node that could take more of a job that wants more. */
export const roomFor = (job: Job, seen: Seen): NodeId | undefined =>
  wantsMore(job, seen) ? [...seen.machines.values()].find((machine) => hasPlace(job, machine, seen))?.nodeId : undefined

/** An ops job owes nothing to nodes that were away when it was looked at, as long as it goes on elsewhere. */
const wantsMore = (job: Job, { model }: Seen): boolean => {
  if (job.Type === 'ops') return !model.executionsOf(job.ID).some(isLive)
  if (job.Type === 'daemon') return true
  const own = model.executionsOf(job.ID).filter(({ JobVersion }) => JobVersion === job.Version)
  const held = own.filter((execution) => isLive(execution) || execution.ComputeState.StateType === 'Completed')
  return new Set(held.map(({ PartitionIndex }) => PartitionIndex)).size < partitionCount(job)
}

const hasPlace = (job: Job, node: MachineFacts, seen: Seen): boolean => {
  const { model, isGone } = seen
  if (!node.isCompute || isGone(node.nodeId)) return false
  // What gets free with the loss of a node is nobody's until it is back.
  if (model.nodes.get(node.nodeId)?.ConnectionState.Status === 'DISCONNECTED') return false
  const isOwn = (e: Execution): boolean => e.NodeID === node.nodeId && e.JobVersion === job.Version
  const own = model.executionsOf(job.ID).filter(isOwn)
  if (own.some(({ ComputeState }) => ComputeState.StateType === 'AskForBidRejected')) return false
  const most = isCounted(job.Type) ? job.MaxPerNode || Number.POSITIVE_INFINITY : 1
  const counted = isCounted(job.Type) ? own.filter(isLive) : own
  const sum = addResources(promisedOn(node, seen), needOf(job))
  const fits =
    satisfies(node, job) && counted.length < most && fitsInto(sum, node.capacity) && fitsGpus(job, node, seen)
  return fits && !isKeptFor(job, node, sum, seen)
}

/** Of several vendors' GPUs those that the job wants may all be promised. */
const fitsGpus = (job: Job, node: MachineFacts, seen: Seen): boolean => {
  const key = job.Constraints.map(({ Key }) => Key).find((each) => each.startsWith('GPU-'))
  const { GPU, GPUs: taken = [] } = promisedOn(node, seen)
  const isFree = ({ Vendor, Index }: Gpu): boolean => !taken.some((own) => own.Vendor === Vendor && own.Index === Index)
  const free = (node.capacity.GPUs ?? []).filter((gpu) => key && isVendorOf(key, gpu.Vendor) && isFree(gpu))
  return key === undefined || needOf(job).GPU + GPU - taken.length <= free.length
}

const promisedOn = ({ nodeId }: MachineFacts, { model }: Seen): Resources =>
  model
    .live()
    .filter(({ NodeID }) => NodeID === nodeId)
    .map((execution) => allocatedOf(execution) ?? noResources())
    .reduce(addResources, noResources())

/** Whole CPUs that nothing is promised of, by machine. */
export const freeCpus = (seen: Seen): number[] =>
  [...seen.machines.values()]
    .filter(({ isCompute, nodeId }) => isCompute && !seen.isGone(nodeId))
    .map((machine) => Math.floor(machine.capacity.CPU - promisedOn(machine, seen).CPU))

/** Half a minute, less what a request may be on its way. */
const patienceNs = 29_000_000_000n

/** Somebody before the job has waited for long, and may have the room of this node reserved. */
const isKeptFor = (job: Job, node: MachineFacts, sum: Resources, seen: Seen): boolean =>
  [...seen.model.jobs.values()].some(
    (other) =>
      (other.Priority > job.Priority || (other.Priority === job.Priority && other.VersionTime <= job.VersionTime)) &&
      other.ID !== job.ID &&
      !isTerminalJob(other.State.StateType) &&
      seen.nowNs() - other.VersionTime > patienceNs &&
      satisfies(node, other) &&
      fitsInto(needOf(other), node.capacity) &&
      !fitsInto(addResources(sum, needOf(other)), node.capacity) &&
      isMissing(other, node, seen),
  )

/** One that is being stopped holds no place: what replaces it may wait for another. */
const isMissing = (job: Job, { nodeId }: MachineFacts, { model }: Seen): boolean => {
  const own = model.executionsOf(job.ID).filter(({ JobVersion }) => JobVersion === job.Version)
  const held = own.filter((e) => isAuthorised(e) || e.ComputeState.StateType === 'Completed')
  if (!isCounted(job.Type)) return !held.some(({ NodeID }) => NodeID === nodeId)
  return new Set(held.map(({ PartitionIndex }) => PartitionIndex)).size < partitionCount(job)
}

const needOf = (job: Job): Resources => resourcesOr(parseResources(mainTask(job).Resources), noResources())
