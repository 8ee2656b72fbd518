import { formatBytes } from '#lib/sizes.ts'
import type { Job } from '#models/job.ts'
import { type Dimension, lackOf, leastOf, noResources, type Resources, shareOf } from '#models/resources.ts'
import type { NodeView } from '../snapshot.ts'
import { gpusFor } from './gpus.ts'

/** The most that one job may ask of a node, however idle it is. */
const limitOf = (job: Job, node: NodeView): Resources => {
  const info = node.state.Info.ComputeNodeInfo
  return info ? leastOf(gpusFor(job, info.MaxCapacity), info.MaxJobRequirements) : noResources()
}

/** `too small for CPU 8 and GPU 1`. */
export const sizeText = (job: Job, need: Resources, node: NodeView): string => {
  const asked = lackOf(need, limitOf(job, node)).map((dimension) => amountText(dimension, need))
  return `too small for ${asked.join(' and ')}`
}

/** All of these nodes lack the same; the one that is nearest says how much less would do. */
export const sizeCure = (job: Job, need: Resources, nodes: readonly NodeView[]): string => {
  const limits = nodes.map((node) => limitOf(job, node))
  const nearest = limits.toSorted((a, b) => shareOf(need, b) - shareOf(need, a))[0] ?? noResources()
  const less = lackOf(need, nearest).map((dimension) =>
    nearest[dimension] > 0 ? `ask for ${amountText(dimension, nearest)} or less` : `ask for no ${dimension}`,
  )
  return `${less.join(' and ')}, or start a larger node`
}

const amountText = (dimension: Dimension, amounts: Resources): string =>
  `${dimension} ${dimension === 'Memory' || dimension === 'Disk' ? formatBytes(amounts[dimension]) : amounts[dimension]}`
