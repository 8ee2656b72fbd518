import { describe, expect, it } from 'vitest'
import { allocatedOf } from '#models/execution.ts'
import type { JobId } from '#models/ids.ts'
import type { LabelSelectorRequirement } from '#models/job.ts'
import { job, task, World } from '../../../test/kit/reconcile-world.ts'
import { forecastOf } from '../forecast.ts'
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

  const free = (world: World, change: object): number[] =>
    world
      .snapshot()
      .nodes.views()
      .map((node) => freeGpusFor(job(change), node).GPU)
  const promised = (world: World) =>
    world.executions
      .map((each) => [each.NodeID, allocatedOf(each)?.GPUs?.map(({ Vendor, Index }) => [Vendor, Index])])
      .toSorted()

  it('are promised by name, each once, and are no longer free for others [R145, W36]', () => {
    const world = cluster({ ...wanting('NVIDIA'), ...asking(1), Count: 3 })
    world.step()
    expect(promised(world)).toEqual([
      ['n-0', [['NVIDIA', 0]]],
      ['n-0', [['NVIDIA', 1]]],
      ['n-1', [['NVIDIA', 0]]],
    ])
    expect(free(world, wanting('NVIDIA'))).toEqual([0, 0])
    expect(free(world, wanting('AMD'))).toEqual([1, 0])
    expect(free(world, {})).toEqual([1, 0])
    world.executions = world.executions.filter(({ NodeID }) => NodeID === 'n-0')
    expect(free(world, wanting('NVIDIA'))).toEqual([0, 1])
  })

  it('go to who would do with any from the vendor of which most are free, so that others find theirs [R145]', () => {
    const world = cluster({ ...asking(1), Count: 1, Type: 'ops' })
    world.step()
    expect(promised(world)).toEqual([
      ['n-0', [['NVIDIA', 0]]],
      ['n-1', [['NVIDIA', 0]]],
    ])
    expect(free(world, wanting('AMD'))).toEqual([1, 0])
    const all = cluster({ ...asking(3), Count: 1 })
    all.step()
    expect(promised(all)).toEqual([
      [
        'n-0',
        [
          ['NVIDIA', 0],
          ['NVIDIA', 1],
          ['AMD/ATI', 2],
        ],
      ],
    ])
    expect(free(all, wanting('AMD'))).toEqual([0, 0])
  })

  it('are not named where the node chooses, and any of those may be what another wants [R145, I5]', () => {
    const world = cluster({ ...asking(1), Count: 1, Type: 'ops' })
    for (const { state } of world.nodes) state.Info.SupportedProtocols = ['ncl/v1']
    world.step()
    expect(promised(world)).toEqual([
      ['n-0', undefined],
      ['n-1', undefined],
    ])
    for (const { state } of world.nodes) state.Info.SupportedProtocols = ['bac/v1']
    expect(free(world, wanting('NVIDIA'))).toEqual([1, 0])
    expect(free(world, wanting('AMD'))).toEqual([0, 0])
    expect(free(world, {})).toEqual([2, 0])
    world.job = { ...world.job, ID: 'j-2' as JobId }
    world.others = world.executions
    world.executions = []
    world.step()
    expect(promised(world)).toEqual([['n-0', undefined]])
  })

  it('are too few on every node when none has so many of the vendor, which is said [F3]', () => {
    const world = cluster({ ...wanting('NVIDIA'), ...asking(3), Count: 1 })
    const [exclusion] = forecastOf(world.snapshot()).forecast.Exclusions
    expect(exclusion).toMatchObject({ Rule: 'size', Reason: 'too small for GPU 3', Count: 2 })
    expect(exclusion?.Cure).toBe('ask for GPU 2 or less, or start a larger node')
  })
})
