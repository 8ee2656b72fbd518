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
  expect(world('/outputs').step().starts.map(({ NodeID }) => NodeID)).toEqual(['n-0'])
  expect(exclusionsOf(world('/outputs').snapshot(), amount(1))).toEqual([])
  expect(world('/outputs/*.csv').step().starts.map(({ NodeID }) => NodeID)).toEqual(['n-1'])
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
