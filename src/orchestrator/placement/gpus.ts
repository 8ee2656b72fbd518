import { vendorsWantedBy } from '#models/gpu-vendor.ts'
import type { Job } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import type { NodeView } from '../snapshot.ts'

/** What of this a job may have: of a node with GPUs of several vendors perhaps not all of them. */
export const gpusFor = (job: Job, node: NodeView, amount: Resources): Resources => {
  const most = amount.GPU > 0 ? wantedGpus(job, node) : undefined
  return most === undefined ? amount : { ...amount, GPU: Math.min(amount.GPU, most.all) }
}

/** The same of what is free: others that want the same GPUs have been promised theirs. */
export const freeGpusFor = (job: Job, node: NodeView): Resources => {
  const { free } = node
  const most = free.GPU > 0 ? wantedGpus(job, node) : undefined
  return most === undefined ? free : { ...free, GPU: Math.max(0, Math.min(free.GPU, most.all - most.promised)) }
}

/** Undefined when it may have any. */
const wantedGpus = (job: Job, { state, gpusWanted }: NodeView): { all: number; promised: number } | undefined => {
  const gpus = state.Info.ComputeNodeInfo?.MaxCapacity.GPUs
  const vendors = gpus && job.Constraints.length > 0 ? vendorsWantedBy(job) : []
  if (!gpus || vendors.length === 0) return undefined
  const promised = vendors.reduce((sum, vendor) => sum + (gpusWanted?.get(vendor) ?? 0), 0)
  return { all: gpus.filter(({ Vendor }) => vendors.includes(Vendor)).length, promised }
}
