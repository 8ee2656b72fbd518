import { expect, it } from 'vitest'
import { amount, job, task, World } from '../../../test/kit/reconcile-world.ts'
import { exclusionsOf } from './exclusions.ts'
import { refusalOf } from './filter.ts'

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

it('why a node does not offer what a job reads or publishes with is told to who submits it [F3, W45]', () => {
  const InputSources = [{ Source: { Type: 's3' }, Alias: '', Target: '/in' }]
  for (const [wanted, what, reasons] of [
    [{ InputSources }, 'input source s3', { UnavailableStorages: { s3: 'this node has no AWS credentials' } }],
    [
      { Publisher: { Type: 'S3' } },
      'publisher S3',
      { UnavailablePublishers: { s3: 'this node has no AWS credentials' } },
    ],
  ] as const) {
    const type = what.split(' ').at(-1)
    const world = new World(job({ Tasks: [{ ...task, ...wanted }] }), [{ units: 1 }])
    const offered = { Publishers: ['local'], StorageSources: ['inline'] }
    Object.assign(world.nodes[0]!.state.Info.ComputeNodeInfo!, offered, reasons)
    expect(exclusionsOf(world.snapshot(), amount(1))).toMatchObject([
      {
        Reason: `${what} is missing: this node has no AWS credentials`,
        Cure: `set up ${what} there, or choose another`,
      },
    ])
    const { job: asked, nodes } = world.snapshot()
    const [offer] = type === 'S3' ? offered.Publishers : offered.StorageSources
    expect(refusalOf(asked, amount(1), nodes.views()[0]!)?.reason()).toBe(
      `does not support ${type}, only ${offer} (${type}: this node has no AWS credentials)`,
    )
  }
})
