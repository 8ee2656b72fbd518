import { describe, expect, it } from 'vitest'
import type { LabelSelectorRequirement } from '#models/job.ts'
import { job, task, World } from '../../../test/kit/reconcile-world.ts'
import { forecastOf } from '../forecast.ts'
import type { NodeTable } from '../nodes/node-table.ts'
import { freeGpusFor } from './gpus.ts'

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

describe('GPUs of several vendors on one node', () => {
  const wanting = (vendor: string) => ({ Constraints: [{ Key: `GPU-${vendor}`, Operator: 'exists', Values: [] }] })
  const asking = (GPU: number) => ({ Tasks: [{ ...task, Resources: { CPU: '0', GPU: String(GPU) } }] })

  /** Two of NVIDIA and one of AMD on n-0, one of NVIDIA on n-1. */
  const cluster = (change: object) => {
    const world = new World(job({ Type: 'batch', Count: 9, ...change }), [{ units: 99 }, { units: 99 }])
    const own = [['NVIDIA', 'NVIDIA', 'AMD/ATI'], ['NVIDIA']]
    world.nodes.forEach((node, i) => {
      const GPUs = own[i]!.map((Vendor, Index) => ({ Index, Name: 'X', Vendor, Memory: 1, PCIAddress: '' }))
      node.capacity = { CPU: 99, Memory: 99, Disk: 0, GPU: GPUs.length, GPUs }
      node.state.Info.ComputeNodeInfo!.MaxJobRequirements = node.capacity
    })
    return world
  }
  const placed = (world: World) =>
    forecastOf(world.snapshot()).forecast.Placements.map(({ NodeID, Executions }) => [NodeID, Executions])

  it('are promised to who wants a vendor only as far as there are such [R145, I5]', () => {
    expect(placed(cluster({ ...wanting('NVIDIA'), ...asking(1) }))).toEqual([
      ['n-0', 2],
      ['n-1', 1],
    ])
    expect(placed(cluster({ ...wanting('AMD'), ...asking(1) }))).toEqual([['n-0', 1]])
    expect(placed(cluster(asking(1)))).toEqual([
      ['n-0', 3],
      ['n-1', 1],
    ])
  })

  it('are counted for those that want the same vendor, also of other jobs [R145, W36]', () => {
    const world = cluster({ ...wanting('NVIDIA'), ...asking(1), Count: 2 })
    world.step()
    const table = world.snapshot().nodes as NodeTable
    table.setVendors(world.job.ID, ['NVIDIA'])
    const free = (change: object): number[] => table.views().map((node) => freeGpusFor(job(change as never), node).GPU)
    expect(free(wanting('NVIDIA'))).toEqual([1, 0])
    expect(free(wanting('AMD'))).toEqual([1, 0])
    expect(free({})).toEqual([2, 0])
    table.setVendors(world.job.ID, [])
    expect(free(wanting('NVIDIA'))).toEqual([2, 0])
  })

  it('are too few on every node when none has so many of the vendor, which is said [F3]', () => {
    const world = cluster({ ...wanting('NVIDIA'), ...asking(3), Count: 1 })
    const [exclusion] = forecastOf(world.snapshot()).forecast.Exclusions
    expect(exclusion).toMatchObject({ Rule: 'size', Reason: 'too small for GPU 3', Count: 2 })
    expect(exclusion?.Cure).toBe('ask for GPU 2 or less, or start a larger node')
  })
})
