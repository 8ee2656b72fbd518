import { describe, expect, it } from 'vitest'
import type { LabelSelectorRequirement } from '#models/job.ts'
import { job, World } from '../../../test/kit/reconcile-world.ts'
import { forecastOf } from '../forecast.ts'

/** Nodes that report GPUs of these vendors and have no labels, as Go nodes do. */
const fleet = (vendors: string[][], constraint: LabelSelectorRequirement) => {
  const world = new World(
    job({ Type: 'ops', Constraints: [constraint] }),
    vendors.map(() => ({ units: 4 })),
  )
  world.nodes.forEach(({ state }, i) => {
    const GPUs = (vendors[i] ?? []).map((Vendor, Index) => ({ Index, Name: 'X', Vendor, Memory: 1, PCIAddress: '' }))
    if (state.Info.ComputeNodeInfo)
      state.Info.ComputeNodeInfo.MaxCapacity = { CPU: 4, Memory: 4, Disk: 0, GPU: 0, GPUs }
  })
  return forecastOf(world.snapshot()).forecast
}
const placed = (...given: Parameters<typeof fleet>) => fleet(...given).Placements.map(({ NodeID }) => NodeID)

describe('a constraint on the vendor of GPUs', () => {
  const mixed = [['NVIDIA', 'NVIDIA'], ['AMD/ATI'], ['Intel', 'NVIDIA'], []]

  it.each<[LabelSelectorRequirement, string[]]>([
    [{ Key: 'GPU-NVIDIA', Operator: 'exists', Values: [] }, ['n-0', 'n-2']],
    [{ Key: 'GPU-AMD', Operator: 'exists', Values: [] }, ['n-1']],
    [{ Key: 'GPU-Intel', Operator: 'gt', Values: ['0'] }, ['n-2']],
    [{ Key: 'GPU-NVIDIA', Operator: 'gt', Values: ['1'] }, ['n-0']],
    [{ Key: 'GPU-NVIDIA', Operator: '!', Values: [] }, ['n-1', 'n-3']],
  ])('%j is met by what nodes report [R120, R145]', (constraint, nodes) => {
    expect(placed(mixed, constraint)).toEqual(nodes)
  })

  it('that no node meets is told like any other [F3]', () => {
    const { Summary, Exclusions } = fleet([['Intel']], { Key: 'GPU-NVIDIA', Operator: 'exists', Values: [] })
    expect(Summary).toBe('no node takes it: labels do not meet GPU-NVIDIA exists (1 of 1 nodes)')
    expect(Exclusions[0]?.Cure).toBe('start a node with a label GPU-NVIDIA, or change the constraint')
  })
})
