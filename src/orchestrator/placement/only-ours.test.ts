import { expect, it } from 'vitest'
import { amount, job, task, World } from '../../../test/kit/reconcile-world.ts'
import { exclusionsOf } from './exclusions.ts'

it('result paths with patterns are sent to no Go node, which knows none and would publish other files [R135, X1]', () => {
  const world = (path: string): World => {
    const theJob = job({ Tasks: [{ ...task, ResultPaths: [{ Name: 'out', Path: path }] }] })
    const two = new World(theJob, [{ units: 4 }, { units: 1 }])
    two.nodes[0]!.state.Info.SupportedProtocols = ['bprotocol/v2', 'ncl/v1']
    return two
  }
  expect(
    world('/outputs')
      .step()
      .starts.map(({ NodeID }) => NodeID),
  ).toEqual(['n-0'])
  expect(exclusionsOf(world('/outputs').snapshot(), amount(1))).toEqual([])
  expect(
    world('/outputs/*.csv')
      .step()
      .starts.map(({ NodeID }) => NodeID),
  ).toEqual(['n-1'])
  expect(exclusionsOf(world('/outputs/*.csv').snapshot(), amount(1))).toEqual([
    {
      Rule: 'patterns',
      Reason: 'patterns in result paths are not known to its release',
      Cure: 'name the folder without a pattern in ResultPaths, or start a node of this release',
      Count: 1,
      NodeIDs: ['n-0'],
    },
  ])
})

it('what only nodes of ours have cannot be enabled on a Go node: that is said, and what helps [F3]', () => {
  const InputSources = [{ Source: { Type: 'upload' }, Alias: '', Target: '/in' }]
  for (const [wanted, what] of [
    [{ InputSources }, 'input source upload'],
    [{ Publisher: { Type: 'Link' } }, 'publisher Link'],
  ] as const) {
    const world = new World(job({ Tasks: [{ ...task, ...wanted }] }), [{ units: 1 }, { units: 1 }])
    for (const { state } of world.nodes)
      Object.assign(state.Info.ComputeNodeInfo!, { Publishers: [], StorageSources: [] })
    world.nodes[0]!.state.Info.SupportedProtocols = ['bprotocol/v2', 'ncl/v1']
    const kind = what.replace(/ \w+$/, '')
    expect(
      exclusionsOf(world.snapshot(), amount(1)).map(({ Reason, Cure, NodeIDs }) => [NodeIDs, Reason, Cure]),
    ).toEqual([
      [['n-1'], `${what} is missing`, `enable ${what} there, or choose another`],
      [['n-0'], `${what} is not known to its release`, `start a node of this release, or choose another ${kind}`],
    ])
  }
})
