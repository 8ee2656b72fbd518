import { formatBytes } from '#lib/sizes.ts'
import type { Job } from '#models/job.ts'
import { type Dimension, lackOf, leastOf, noResources, type Resources, shareOf } from '#models/resources.ts'
import type { NodeView } from '../snapshot.ts'
import { gpusFor, gpusText } from './gpus.ts'

/** The most that one job may ask of a node, however idle it is. */
const limitOf = (job: Job, node: NodeView): Resources => {
  const info = node.state.Info.ComputeNodeInfo
  return info ? leastOf(gpusFor(job, info.MaxCapacity), info.MaxJobRequirements) : noResources()
}

/** `too small for CPU 8 and GPU 4`, `offers no GPUs of NVIDIA, too small for CPU 8`. */
export const sizeText = (job: Job, need: Resources, node: NodeView): string => {
  const limit = limitOf(job, node)
  const lacks = lackOf(need, limit)
  const small = lacks.filter((dimension) => !(dimension === 'GPU' && limit.GPU === 0))
  const tooSmall = small.length > 0 ? `too small for ${small.map((each) => amountText(each, need)).join(' and ')}` : ''
  const noGpu = small.length < lacks.length ? `offers no ${gpusText(job)}` : ''
  return [noGpu, tooSmall].filter((part) => part !== '').join(', ')
}

/** All of these nodes lack the same; the one that is nearest says how much less would do. */
export const sizeCure = (job: Job, need: Resources, nodes: readonly NodeView[]): string => {
  const limits = nodes.map((node) => limitOf(job, node))
  const nearest = limits.toSorted((a, b) => shareOf(need, b) - shareOf(need, a))[0] ?? noResources()
  const less = lackOf(need, nearest).map((dimension) =>
    nearest[dimension] > 0 ? `ask for ${amountText(dimension, nearest)} or less` : `ask for no ${dimension}`,
  )
  const other = need.GPU > 0 && nearest.GPU === 0 ? `a node with ${gpusText(job)}` : 'a larger node'
  return `${less.join(' and ')}, or start ${other}`
}

const amountText = (dimension: Dimension, amounts: Resources): string =>
  `${dimension} ${dimension === 'Memory' || dimension === 'Disk' ? formatBytes(amounts[dimension]) : amounts[dimension]}`
