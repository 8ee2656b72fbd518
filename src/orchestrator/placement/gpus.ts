import { isWantedBy, vendorsWantedBy } from '#models/gpu-vendor.ts'
import type { NodeId } from '#models/ids.ts'
import type { Job } from '#models/job.ts'
import { isOurs } from '#models/node.ts'
import { type Gpu, isSameGpu, type Resources } from '#models/resources.ts'
import type { NodeView } from '../snapshot.ts'

/** What of this a job may have: of GPUs of several vendors perhaps not all. */
export const gpusFor = (job: Job, amount: Resources): Resources => lessUnfit(job, amount, 0)

/** `GPUs`, `GPUs of NVIDIA`: what a job asks for. */
export const gpusText = (job: Job): string => {
  const vendors = vendorsWantedBy(job)
  return vendors.length > 0 ? `GPUs of ${vendors.join(' or ')}` : 'GPUs'
}

/** The same of what is free on a node: any that are promised without a name may be those that the job wants. */
export const freeGpusFor = (job: Job, node: NodeView): Resources =>
  lessUnfit(job, node.free, node.free.GPU > 0 ? unnamedOn(node) : 0)

const lessUnfit = (job: Job, amount: Resources, unnamed: number): Resources => {
  const { GPU, GPUs } = amount
  if (GPU === 0 || !GPUs || job.Constraints.length === 0 || vendorsWantedBy(job).length === 0) return amount
  return { ...amount, GPU: Math.max(0, Math.min(GPU, GPUs.filter(isWantedBy(job)).length - unnamed)) }
}

/** How many GPUs are promised there without a name: nodes of Go, and ours with work from before, choose themselves. */
const unnamedOn = ({ state, free }: NodeView): number => {
  const { GPU = 0, GPUs = [] } = state.Info.ComputeNodeInfo?.MaxCapacity ?? {}
  return GPU - free.GPU - (GPUs.length - (free.GPUs ?? []).length)
}

/**
 * Names the GPUs that executions of a job are promised, one after the other, so that none that another job needs is
 * taken by a job that would do with any. `need` as it is where the node chooses.
 */
export const gpuNamer = (job: Job): ((node: NodeView, need: Resources) => Resources) => {
  const left = new Map<NodeId, readonly Gpu[]>()
  return (node, need) => {
    if (need.GPU === 0 || !isTold(node)) return need
    const free = left.get(node.id) ?? node.free.GPUs ?? []
    const GPUs = plentifulFirst(free).filter(isWantedBy(job)).slice(0, need.GPU)
    left.set(
      node.id,
      free.filter((gpu) => !GPUs.some((own) => isSameGpu(own, gpu))),
    )
    return GPUs.length < need.GPU ? need : { ...need, GPUs }
  }
}

const isTold = (node: NodeView): boolean => isOurs(node.state.Info) && unnamedOn(node) === 0

/** Those first of whose vendor most are free: of the others there may soon be none for who wants them. */
const plentifulFirst = (gpus: readonly Gpu[]): Gpu[] =>
  [...Map.groupBy(gpus, ({ Vendor }) => Vendor).values()].toSorted((a, b) => b.length - a.length).flat()
