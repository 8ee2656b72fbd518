import { formatBytes } from '#lib/sizes.ts'
import { type Dimension, lackOf, leastOf, noResources, type Resources, shareOf } from '#models/resources.ts'
import type { NodeView } from '../snapshot.ts'

/** The most that one job may ask of a node, however idle it is. */
const limitOf = ({ state }: NodeView): Resources => {
  const info = state.Info.ComputeNodeInfo
  return info ? leastOf(info.MaxCapacity, info.MaxJobRequirements) : noResources()
}

/** `too small for CPU 8 and GPU 1`. */
export const sizeText = (need: Resources, node: NodeView): string => {
  const asked = lackOf(need, limitOf(node)).map((dimension) => amountText(dimension, need))
  return `too small for ${asked.join(' and ')}`
}

/** All of these nodes lack the same; the one that is nearest says how much less would do. */
export const sizeCure = (need: Resources, nodes: readonly NodeView[]): string => {
  const limits = nodes.map(limitOf)
  const nearest = limits.toSorted((a, b) => shareOf(need, b) - shareOf(need, a))[0] ?? noResources()
  const less = lackOf(need, nearest).map((dimension) =>
    nearest[dimension] > 0 ? `ask for ${amountText(dimension, nearest)} or less` : `ask for no ${dimension}`,
  )
  return `${less.join(' and ')}, or start a larger node`
}

const amountText = (dimension: Dimension, amounts: Resources): string =>
  `${dimension} ${dimension === 'Memory' || dimension === 'Disk' ? formatBytes(amounts[dimension]) : amounts[dimension]}`
